"""Fusions of samples that some member lacks: their lines in tables, and the notes below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.evaluation.reported import COMPLETE

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL_ROWS, COMPLETE_ROWS = " (all rows)", " (complete rows)"
DIFFERENT_SAMPLES = (
    "n differs between lines, or which samples they are of: scores of different samples are not "
    "comparable"
)
COMPARABLE = (
    f"{DIFFERENT_SAMPLES}. Complete rows: the samples that all members have, on which members and "
    "baselines are compared with a fusion"
)


def score_lines(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the lines that a run has in a table of scores.

    Args:
        metrics: the content of `metrics.json`.

    Returns:
        Suffix of the run's name → the line's metrics: one line without a suffix, or if a member
        lacks samples, one of all rows and one of the rows that all members have.
    """
    if COMPLETE not in metrics:
        return {"": metrics}
    leaky = {"leaky": metrics["leaky"]} if "leaky" in metrics else {}
    return {ALL_ROWS: metrics, COMPLETE_ROWS: metrics[COMPLETE] | leaky}


def fused_from_fewer(document: Mapping[str, Any]) -> list[str]:
    """Return a sentence on the samples of each split that were fused from fewer members.

    Args:
        document: the content of `weights.json`.

    Returns:
        No sentence if no member lacks a sample.

    Example:
        >>> missing = {"text": {"val": 2}, "image": {"test": 3}}
        >>> counts = {"val": 2, "test": 3}
        >>> print(*fused_from_fewer({"missing": missing, "fused_from_fewer": counts}))
        fused from fewer members: 2 of val, 3 of test (text lacks 2 of val; image lacks 3 of test)
    """
    missing = document.get("missing", {})
    if not missing:
        return []
    by_member = "; ".join(f"{name} lacks {in_words(counts)}" for name, counts in missing.items())
    counts = document.get("fused_from_fewer")  # older files have none
    total = f"{in_words(counts)} ({by_member})" if counts else by_member
    alone = document.get("fused_from_one")
    rest = f"; from one member alone: {in_words(alone)}" if alone else ""
    return [f"fused from fewer members: {total}{rest}"]


def in_words(counts: Mapping[str, int]) -> str:
    """Return numbers of samples by split, such as `3 of val, 5 of test`."""
    return ", ".join(f"{count} of {split}" for split, count in counts.items())
