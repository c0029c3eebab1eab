"""Scores of one run with 95 % intervals, or of several runs with their standard deviation."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lfx.artifacts.folds import average_folds
from lfx.artifacts.parquet import read_predictions
from lfx.artifacts.predictions import NONE
from lfx.evaluation.intervals import Interval
from lfx.evaluation.reported import INTERVALS
from lfx.reporting.table import Format, decimals
from lfx.runtime.errors import ArtifactError
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lfx.runs.find import Run


@dataclass(frozen=True)
class Estimate:
    """A score with its uncertainty.

    Attributes:
        value: the score of one run, or the mean of several runs.
        interval: the 95 % confidence interval of one run; None for several runs.
        spread: the standard deviation over several runs; None for one run.
    """

    value: float
    interval: Interval | None = None
    spread: float | None = None

    @classmethod
    def of(cls, metrics: Mapping[str, Any], key: str) -> Estimate:
        """Return a score of a split's metrics, with its interval if they have one."""
        bounds = metrics.get(INTERVALS, {}).get(key)
        return cls(metrics[key], None if bounds is None else Interval(*bounds))


def estimate_scores(runs: Sequence[Run], split: str, keys: Sequence[str]) -> list[Estimate]:
    """Estimate scores of runs that differ in their seed alone.

    Args:
        runs: one or more, which have the scores.
        split: of the scores.
        keys: of the scores.

    Returns:
        An estimate for each key: of one run with its interval, of several runs mean and standard
        deviation.

    Raises:
        ArtifactError: the only run has no intervals, as an older one, and its predictions cannot be
            read.
    """
    if len(runs) > 1:
        columns = [[float(run.metrics[split][key]) for run in runs] for key in keys]
        return [
            Estimate(statistics.fmean(values), spread=statistics.stdev(values))
            for values in columns
        ]
    (run,) = runs
    metrics = run.metrics[split]
    if INTERVALS not in metrics:
        metrics = metrics | _intervals_of(run, [split]).get(split, {})
    return [Estimate.of(metrics, key) for key in keys]


def with_intervals(runs: Sequence[Run]) -> list[Run]:
    """Return runs whose scores have intervals: those of older runs are computed now.

    A run whose predictions cannot be read goes without.
    """
    older = [run for run in runs if _without_intervals(run)]
    if not older:
        return list(runs)
    computed = map(_with_intervals, track(older, "computing intervals of older runs", len(older)))
    by_folder = {run.folder: run for run in computed}
    return [by_folder.get(run.folder, run) for run in runs]


def _without_intervals(run: Run) -> list[str]:
    return [split for split, metrics in run.splits.items() if INTERVALS not in metrics]


def _with_intervals(run: Run) -> Run:
    try:
        found = _intervals_of(run, _without_intervals(run))
    except ArtifactError:
        return run
    return replace(
        run,
        metrics=run.metrics
        | {split: run.metrics[split] | intervals for split, intervals in found.items()},
    )


def _intervals_of(run: Run, splits: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Compute the intervals of a run's scores; split → what its metrics lack."""
    from lfx.evaluation.splits import evaluate_splits  # which imports torch

    rows = read_predictions(run.folder / "predictions.parquet")
    if (rows.fold != NONE).any():  # the metrics, too, are of the folds' mean
        rows = average_folds(rows)
    metrics = evaluate_splits(rows, splits)
    return {split: {INTERVALS: found[INTERVALS]} for split, found in metrics.items()}


def _show(score: Estimate) -> str:
    value = decimals(score.value)
    if score.spread is not None:
        return f"{value} ± {score.spread:.3f}"
    if score.interval is None:
        return value
    return f"{value} [{decimals(score.interval.low)}, {decimals(score.interval.high)}]"


_BOUNDS = {
    "": lambda score: score.value,
    " low": lambda score: score.interval and score.interval.low,
    " high": lambda score: score.interval and score.interval.high,
}
ESTIMATE = Format(_show, {**_BOUNDS, " sd": lambda score: score.spread})
# Of one run: with its interval, or for people without it.
SCORE = Format(_show, _BOUNDS)
SCORE_ALONE = Format(lambda score: decimals(score.value), _BOUNDS)


def _show_difference(score: Estimate) -> str:
    value = decimals(score.value, "+")
    if score.interval is None:
        return value
    return f"{value} [{decimals(score.interval.low, '+')}, {decimals(score.interval.high, '+')}]"


DIFFERENCE_ESTIMATE = Format(_show_difference, _BOUNDS)
