"""The tables of a data card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.data.column import TextColumn
from lfx.reporting.data_card.content_tables import (
    COUNT_OF,
    COUNTED,
    measures_table,
    most_frequent,
    values_table,
)
from lfx.reporting.data_card.parts import ALL, FOLDS
from lfx.reporting.table import TEXT, Column, Format, Table
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lfx.reporting.data_card.card import DataCard, Related

# Rows of long lists; data_card.json has all.
_MOST_BAD = 20
_SHARE = Format(lambda share: f"{100 * share:.1f} %")


def card_tables(card: DataCard) -> dict[str, Table]:
    """Return caption → table, without those that would be empty."""
    tables = {
        "Classes": _classes(card),
        "Columns": _columns(card),
        "What samples have": _combinations(card),
        "Lengths, sizes and ranges": measures_table(card.contents),
        "Kinds of content": values_table(card.contents),
        "The same content": _copies(card),
        "Copies across parts": _overlaps(card),
        "Labels that contradict each other": _contradictions(card),
        "Contradicting samples": _related(card.contradictions, "content"),
        "Largest groups": _related(card.largest, ""),
        "Counted by the source": _counted(card),
        "Bad samples": _bad(card),
        "Fingerprints": _fingerprints(card),
    }
    return {caption: table for caption, table in tables.items() if table.rows}


def _part_columns(card: DataCard, *, shares: bool) -> list[Column]:
    """Return a column for the samples of each part, and one for their share, at least of all."""
    columns = []
    for name in card.parts.masks:
        # On a narrow terminal the shares go first, then the folds.
        spare = 2 if name in card.parts.folds else 0
        columns.append(Column(name, COUNTED, spare=spare))
        if shares or name == ALL:
            columns.append(Column(f"{name} share", _SHARE, spare=0 if name == ALL else 3))
    return columns


def _by_part(
    card: DataCard, counts: Mapping[str, int], totals: Mapping[str, int] | None, *, shares: bool
) -> list[Any]:
    """Return the cells for `_part_columns`; without totals the shares are empty."""
    cells: list[Any] = []
    for name in card.parts.masks:
        cells.append(counts[name])
        if shares or name == ALL:
            cells.append(None if not totals or not totals[name] else counts[name] / totals[name])
    return cells


def _classes(card: DataCard) -> Table:
    table, masks = card.table, card.parts.masks
    if not table.classes:
        return Table([], [])
    counts = {name: table.class_counts(np.flatnonzero(mask)) for name, mask in masks.items()}
    totals = {name: sum(of) for name, of in counts.items()}
    rows: list[list[Any]] = []
    for number, label in enumerate(table.classes):
        of_class = {name: of[number] for name, of in counts.items()}
        rows.append([label, *_by_part(card, of_class, totals, shares=True)])
    unlabelled = card.parts.sizes(table.labels < 0)
    if any(unlabelled.values()):
        rows.append(["(no label)", *_by_part(card, unlabelled, None, shares=True)])
    rows.append(["all samples", *_by_part(card, card.parts.sizes(), None, shares=True)])
    return Table([Column("class"), *_part_columns(card, shares=True)], rows)


def _columns(card: DataCard) -> Table:
    sizes = card.parts.sizes()
    rows = [
        [name, content.kind, len(content.problems), *_by_part(card, has, sizes, shares=False)]
        for name, content in card.contents.items()
        for has in [card.parts.sizes(content.present)]
    ]
    columns = [Column("column"), Column("content"), Column("bad", COUNTED)]
    notes = [
        f"{shorten(name)}: {note}"
        for name, content in card.contents.items()
        for note in content.facts.notes
    ]
    return Table([*columns, *_part_columns(card, shares=False)], rows, notes)


def _combinations(card: DataCard) -> Table:
    """Return how many samples have which columns, the most frequent combination first."""
    contents = card.contents
    present = np.array([content.present for content in contents.values()], dtype=np.bool_).T
    if present.all():
        return Table([], [])
    kinds, which, counts = np.unique(present, axis=0, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    sizes = card.parts.sizes()
    rows = []
    for number in np.argsort(-counts, kind="stable"):
        names = [name for name, has in zip(contents, kinds[number], strict=True) if has]
        of_parts = card.parts.sizes(which == number)
        cells = _by_part(card, of_parts, sizes, shares=False)
        rows.append([" + ".join(names) or "nothing", *cells])
    return Table([Column("samples with"), *_part_columns(card, shares=False)], rows)


def _copies(card: DataCard) -> Table:
    columns = [
        Column("what", least=14),
        *(Column("samples", COUNTED), Column("different", COUNTED)),
        *(Column("shared by several", COUNTED), Column("their samples", COUNT_OF)),
        Column("most samples of one", COUNTED),
    ]
    rows = [
        [what, one.samples, one.different, one.repeated, (one.repeating, one.samples), one.largest]
        for what, one in {**card.copies, card.groups_name: card.grouped}.items()
    ]
    has_texts = any(isinstance(one, TextColumn) for one in card.table.columns.values())
    nearly = [_NEARLY] if has_texts else []
    return Table(columns, rows, [*nearly, _GROUPS])


_NEARLY = (
    "Nearly the same are texts of three words or more whose sets of words, without links, mentions "
    "and tags, have a Jaccard similarity of 0.8 or more."
)
_GROUPS = (
    "Groups are made of nearly equal texts, of equal files and arrays, and of the groups that the "
    "data name; data.split=grouped keeps them together."
)


def _overlaps(card: DataCard) -> Table:
    titles = list(card.grouped.overlaps)
    if not titles:
        return Table([], [])
    rows = [
        [what, *(one.overlaps[title] for title in titles)]
        for what, one in {**card.copies, card.groups_name: card.grouped}.items()
    ]
    return Table([Column("what", least=14), *(Column(title, COUNT_OF) for title in titles)], rows)


def _contradictions(card: DataCard) -> Table:
    rows = [
        [what, one.contradicting, one.contradicted, one.unavoidable]
        for what, one in card.copies.items()
        if one.contradicting
    ]
    titles = ("contents with several labels", "their samples", "wrong at least")
    return Table([Column("what", least=14), *(Column(title, COUNTED) for title in titles)], rows)


def _related(related: Sequence[Related], what: str) -> Table:
    rows: list[list[Any]] = [
        [
            *([one.what] if what else []),
            one.size,
            _listed(one.classes),
            _listed({name: count for name, count in one.parts.items() if name not in {ALL, FOLDS}}),
            ", ".join(map(shorten, one.ids)) + (" …" if one.size > len(one.ids) else ""),
        ]
        for one in related
    ]
    first = [Column(what, least=16)] if what else []
    others = [Column("classes", least=12), Column("parts", least=8), Column("ids", least=10)]
    return Table([*first, Column("samples", COUNTED), *others], rows)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{shorten(name)} {count:,}" for name, count in counts.items())


def _counted(card: DataCard) -> Table:
    rows: list[list[Any]] = []
    for what, counts in card.survey.reading.counts.items():
        rows += [[str(what), *row] for row in most_frequent(counts)]
    return Table([Column("what"), Column("value"), Column("samples", COUNT_OF)], rows)


def _bad(card: DataCard) -> Table:
    bad = card.bad
    rows = [[shorten(name), shorten(column), reason] for name, column, reason in bad[:_MOST_BAD]]
    more = [f"and {len(bad) - _MOST_BAD:,} more in data_card.json"] if len(bad) > _MOST_BAD else []
    return Table([Column("id"), Column("column"), Column("reason", TEXT, least=20)], rows, more)


def _fingerprints(card: DataCard) -> Table:
    rows = list(card.fingerprints.items())
    return Table([Column("of"), Column("fingerprint", least=32)], rows)
