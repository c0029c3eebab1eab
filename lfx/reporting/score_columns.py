"""Columns of scores, shared by most tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.evaluation.reported import COMPLETE
from lfx.evaluation.scores import SCORES, printed, title_of
from lfx.reporting.incomplete import COMPARABLE, score_lines
from lfx.reporting.table import COUNT, CSV, EVERYWHERE, NUMBER, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LEAKY = "LEAKY: fitted on the reported split"


def score_columns(
    splits: Sequence[str], scores: Sequence[str], *, counted: bool = True, kept: str = ""
) -> list[Column]:
    """Return a column for each score of each split.

    Args:
        splits: names of the splits.
        scores: keys of the scores; those that are not printed are columns of a CSV only.
        counted: whether a column before each split's scores has its number of samples.
        kept: key of the score that every terminal shows.
    """
    columns = []
    for split in splits:
        columns += [Column(f"{split} n", COUNT)] if counted else []
        for index, score in enumerate(scores):
            is_hidden = score in SCORES and not SCORES[score].printed and score != kept
            where = frozenset({CSV}) if is_hidden and counted else EVERYWHERE
            # On a narrow terminal, the last scores are left out first.
            spare = 0 if score == kept else index
            columns.append(Column(f"{split} {title_of(score)}", NUMBER, where, spare))
    return columns


def score_cells(
    metrics: Mapping[str, Any],
    splits: Sequence[str],
    scores: Sequence[str],
    *,
    counted: bool = True,
) -> list[Any]:
    """Return the cells of `score_columns`; None for a missing split or score."""
    keys = ["support", *scores] if counted else [*scores]
    return [metrics.get(split, {}).get(key) for split in splits for key in keys]


def splits_of(*all_metrics: Mapping[str, Any]) -> list[str]:
    """Return the splits that any of these metrics have."""
    return [split for split in REPORTED if any(split in metrics for metrics in all_metrics)]


def titled(name: str, metrics: Mapping[str, Any]) -> str:
    """Return a run's name, marked if its weights were fitted on the reported split."""
    return f"{name} ({_LEAKY})" if metrics.get("leaky") else name


def with_printed(score: str) -> list[str]:
    """Return the keys of the scores that every table prints, and of one more."""
    return list(dict.fromkeys([*printed(), *filter(None, [score])]))


def print_scores(
    metrics: Mapping[str, Mapping[str, Any]], kept: str = "", notes: Sequence[str] = ()
) -> None:
    """Print a table of scores.

    Args:
        metrics: name -> content of `metrics.json`.
        kept: key of a score that is printed in any case, such as the objective's.
        notes: sentences below the table.
    """
    splits, scores = splits_of(*metrics.values()), with_printed(kept)
    lines = [
        (titled(name, content) + suffix, line)
        for name, content in metrics.items()
        for suffix, line in score_lines(content).items()
    ]
    rows = [[title, *score_cells(line, splits, scores)] for title, line in lines]
    if any(COMPLETE in content for content in metrics.values()):
        notes = [*notes, COMPARABLE]
    Table([Column("", least=18), *score_columns(splits, scores, kept=kept)], rows, notes).print()
