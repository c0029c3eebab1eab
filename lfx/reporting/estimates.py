"""Scores of one run with 95 % intervals, or of several runs with their standard deviation."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.artifacts.folds import average_folds
from lfx.artifacts.parquet import read_predictions
from lfx.artifacts.predictions import NONE
from lfx.evaluation.intervals import Interval, bootstrap_f1, wilson
from lfx.reporting.table import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.runs.find import Run

_ACCURACY, _F1 = "accuracy", "f1_"


@dataclass(frozen=True)
class Estimate:
    """A score with its uncertainty; all numbers are in 0..1.

    Attributes:
        value: the score of one run, or the mean of several runs.
        interval: the 95 % confidence interval of one run; None for several runs.
        spread: the standard deviation over several runs; None for one run.
    """

    value: float
    interval: Interval | None = None
    spread: float | None = None


def estimate_scores(runs: Sequence[Run], split: str, keys: Sequence[str]) -> list[Estimate]:
    """Estimate scores of runs that differ in their seed alone.

    Args:
        runs: one or more, which have the scores.
        split: of the scores.
        keys: `accuracy`, `f1_macro` or `f1_weighted`.

    Returns:
        An estimate for each key: of one run with Wilson's interval for the accuracy and a bootstrap
        interval for an F1, from its predictions; of several runs mean and standard deviation.

    Raises:
        ArtifactError: the predictions of the only run cannot be read.
    """
    if len(runs) > 1:
        columns = [[float(run.metrics[split][key]) for run in runs] for key in keys]
        return [
            Estimate(statistics.fmean(values), spread=statistics.stdev(values))
            for values in columns
        ]
    (run,) = runs
    rows = read_predictions(run.folder / "predictions.parquet")
    if (rows.fold != NONE).any():  # the metrics, too, are of the folds' mean
        rows = average_folds(rows)
    rows = rows.select(rows.rows(split) & (rows.label >= 0))
    predicted, classes = rows.logits.argmax(axis=1), len(rows.metadata.classes)
    intervals = {
        key: wilson(int((predicted == rows.label).sum()), len(rows.label))
        if key == _ACCURACY
        else bootstrap_f1(rows.label, predicted, classes, average=key.removeprefix(_F1))
        for key in keys
    }
    return [Estimate(run.metrics[split][key], intervals[key]) for key in keys]


def _format_estimate(score: Estimate) -> str:
    if score.interval is None:
        return f"{score.value:.3f} ± {score.spread or 0:.3f}"
    return f"{score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]"


ESTIMATE = Format(
    _format_estimate,
    {
        "": lambda score: score.value,
        " low": lambda score: score.interval and score.interval.low,
        " high": lambda score: score.interval and score.interval.high,
        " sd": lambda score: score.spread,
    },
)
