"""A data card as plain values, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.reporting.data_card.quantiles import Quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.reporting.data_card.card import DataCard
    from lfx.reporting.data_card.contents import Content

_SCHEMA = 1


def card_record(card: DataCard, sentences: list[str]) -> dict[str, Any]:
    """Return what `data_card.json` holds; names and texts of the data are unchanged in it.

    Args:
        card: the card.
        sentences: its findings.
    """
    table, masks = card.table, card.parts.masks
    classes = {
        name: dict(zip(table.classes, table.class_counts(np.flatnonzero(mask)), strict=True))
        for name, mask in masks.items()
    }
    return {
        "schema_version": _SCHEMA,
        "name": card.name,
        "split": card.split,
        "findings": sentences,
        "problems": list(card.problems),
        "warnings": list(card.survey.warnings),
        "notes": list(card.survey.notes),
        "samples": card.parts.sizes(),
        "unlabelled": {name: int((table.labels[mask] < 0).sum()) for name, mask in masks.items()},
        "classes": classes,
        "columns": {name: _content(content, masks) for name, content in card.contents.items()},
        "copies": {what: asdict(copies) for what, copies in card.copies.items()},
        "grouped": asdict(card.grouped),
        "largest_groups": [asdict(group) for group in card.largest],
        "contradictions": [asdict(one) for one in card.contradictions],
        "bad": [
            {"id": name, "column": column or None, "reason": reason}
            for name, column, reason in card.bad
        ],
        "left_out": list(card.survey.reading.left_out),
        "counted_by_the_source": {
            str(what): dict(counts) for what, counts in card.survey.reading.counts.items()
        },
        "fingerprints": dict(card.fingerprints),
    }


def _content(content: Content, masks: Mapping[str, Any]) -> dict[str, Any]:
    measures = {name: Quantiles.of(values) for name, values in content.facts.measures.items()}
    return {
        "content": content.kind,
        "samples": {name: int(content.present[mask].sum()) for name, mask in masks.items()},
        "bad": len(content.problems),
        "measures": {name: asdict(one) for name, one in measures.items() if one is not None},
        "counts": {what: dict(counts) for what, counts in content.facts.counts.items()},
        "notes": list(content.facts.notes),
    }
