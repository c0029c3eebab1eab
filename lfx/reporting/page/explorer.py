"""What the scripts of a page read of a group of fusions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.fusion.search.curve import exact_curve
from lfx.reporting.page.embedded import as_bytes, as_floats, as_integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lfx.reporting.page.fusion_group import FusedRun, FusionGroup

# Scores that the explorer computes, by their keys in the registry.
SCORES = ("accuracy", "f1_weighted", "f1_macro")
# Bytes of the fusions' probabilities, before base64; of further fusions only weights are kept.
_MOST_BYTES = 3_000_000
_PAIR = 2
# Intervals of an exact curve that a page has room for.
_MOST_INTERVALS = 4_000


def explorer_data(group: FusionGroup) -> dict[str, Any]:
    """Return a group of fusions as plain values.

    Keys: `data`, `classes`, `members`; `splits`, each with `name`, `n`, `labels`, `logits` by
    member, and `present` by member where some sample lacks it; of the last, reported one also `ids`
    and `unseen`; `fusions`, each with `title`, `weights` (null: no point of the explorer) and
    `logits` on the reported split (null: the page has no room); `curves` of two members by split.
    """
    joined = group.joined
    splits = []
    for name, rows in group.rows.items():
        split: dict[str, Any] = {
            "name": name,
            "n": len(rows),
            "labels": as_integers(joined.label[rows]),
            "logits": [as_floats(logits[rows]) for logits in joined.logits],
            "present": [
                None if present[rows].all() else as_bytes(present[rows])
                for present in joined.present
            ],
        }
        if name == group.reported:
            split["ids"] = [str(sample) for sample in joined.sample_id[rows]]
        splits.append(split)
    return {
        "data": group.data,
        "classes": list(joined.classes),
        "members": list(joined.names),
        "splits": splits,
        "fusions": _fusions(group),
        "curves": _curves(group) if len(joined.names) == _PAIR else {},
        "scores": list(SCORES),
    }


def _fusions(group: FusionGroup) -> list[dict[str, Any]]:
    rows = group.rows[group.reported]
    size = len(rows) * len(group.joined.classes) * 4
    fusions, used = [], 0
    for fusion in group.fusions:
        has_room = used + size <= _MOST_BYTES
        used += size if has_room else 0
        fusions.append(
            {
                "title": fusion.title,
                "weights": None if fusion.weights is None else list(fusion.weights),
                "logits": as_floats(_logarithms(fusion, rows)) if has_room else None,
            }
        )
    return fusions


def _logarithms(fusion: FusedRun, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return logits, `(rows, classes)`; NaN where the fusion lacks the sample."""
    floor = np.finfo(np.float32).tiny
    return np.log(np.maximum(fusion.probabilities[rows], floor))


def _curves(group: FusionGroup) -> dict[str, Any]:
    """Return the exact scores of two members for every weight, on the samples that both have."""
    curves = {}
    for split, positions in group.rows.items():
        rows = positions[group.joined.complete[positions]]
        if not len(rows):
            continue
        curve = exact_curve(
            torch.from_numpy(group.probabilities[:, rows]),
            torch.from_numpy(group.joined.label[rows].astype(np.int64)),
        )
        kept = _thinned(len(curve.edges) - 1)
        curves[split] = {
            "n": len(rows),
            "edges": _rounded([*curve.edges[kept].tolist(), 1.0], 6),
        } | {score: _rounded(curve.scores.of(score)[kept].tolist(), 5) for score in _known(curve)}
    return curves


def _known(curve: Any) -> list[str]:
    return [score for score in SCORES if score in curve.scores.metrics]


def _thinned(intervals: int) -> list[int]:
    """Return the positions of intervals that are kept: all, or evenly spaced ones."""
    if intervals <= _MOST_INTERVALS:
        return list(range(intervals))
    kept = np.unique(np.linspace(0, intervals - 1, _MOST_INTERVALS).astype(int))
    return [int(position) for position in kept]


def _rounded(values: Sequence[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]


def shown_first(group: FusionGroup) -> list[str]:
    """Return ids of the reported split, those first that models disagree about."""
    rows = group.rows[group.reported]
    labels = group.joined.label[rows]
    predicted = [*group.probabilities[:, rows].argmax(axis=2)]
    predicted += [fusion.probabilities[rows].argmax(axis=1) for fusion in group.fusions]
    right = np.stack(predicted) == labels
    disagree = right.any(axis=0) & ~right.all(axis=0)
    wrong = ~right.any(axis=0)
    order = np.argsort(np.where(disagree, 0, np.where(wrong, 1, 2)), kind="stable")
    return [str(sample) for sample in group.joined.sample_id[rows[order]]]
