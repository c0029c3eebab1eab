"""Columns of scores, which most tables have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.evaluation.scores import SCORES, printed, title_of
from lfx.reporting.table import COUNT, CSV, EVERYWHERE, NUMBER, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LEAKY = "LEAKY: fitted on the reported split"


def score_columns(
    splits: Sequence[str], scores: Sequence[str], *, counted: bool = True, kept: str = ""
) -> list[Column]:
    """Return a column for each score of each split.

    Args:
        splits: with or without these scores.
        scores: their keys; those that are not printed stand in a CSV alone.
        counted: whether each split's number of samples stands before its scores.
        kept: the score that every terminal shows.
    """
    found = []
    for split in splits:
        found += [Column(f"{split} n", COUNT)] if counted else []
        for place, score in enumerate(scores):
            is_hidden = score in SCORES and not SCORES[score].printed
            where = frozenset({CSV}) if is_hidden and counted else EVERYWHERE
            # Where a terminal is narrow, the last scores go first.
            spare = 0 if score == kept else place
            found.append(Column(f"{split} {title_of(score)}", NUMBER, where, spare))
    return found


def score_cells(
    metrics: Mapping[str, Any],
    splits: Sequence[str],
    scores: Sequence[str],
    *,
    counted: bool = True,
) -> list[Any]:
    """Return the values for `score_columns`; None where a split or a score is missing."""
    keys = ["support", *scores] if counted else [*scores]
    return [metrics.get(split, {}).get(key) for split in splits for key in keys]


def splits_of(*all_metrics: Mapping[str, Any]) -> list[str]:
    """Return the splits that any of these metrics have."""
    return [split for split in REPORTED if any(split in metrics for metrics in all_metrics)]


def titled(name: str, metrics: Mapping[str, Any]) -> str:
    """Return a run's name, marked where its weights were fitted on the reported split."""
    return f"{name} ({_LEAKY})" if metrics.get("leaky") else name


def print_scores(metrics: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what one run reached.

    Args:
        metrics: name -> content of `metrics.json`.
    """
    splits, scores = splits_of(*metrics.values()), printed()
    rows = [
        [titled(name, content), *score_cells(content, splits, scores)]
        for name, content in metrics.items()
    ]
    Table([Column("", least=18), *score_columns(splits, scores)], rows).print()
