"""What a cross-validation led to: metrics of each fold, their mean and spread, and of all rows."""

from __future__ import annotations

import logging
import statistics
from typing import TYPE_CHECKING, Any

from lfx.artifacts.folds import average_folds, merge_folds
from lfx.data.split_names import REPORTED
from lfx.evaluation.scores import printed
from lfx.evaluation.splits import evaluate_splits
from lfx.evaluation.unpredicted import unpredicted_classes
from lfx.reporting.errors import look_at_errors
from lfx.reporting.loggers import flat_scores
from lfx.reporting.score_columns import score_columns
from lfx.reporting.table import Column, Table
from lfx.runtime.files import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.artifacts.predictions import Predictions

log = logging.getLogger(__name__)


def report_folds(parts: Mapping[int, Predictions], name: str, folder: Path) -> dict[str, Any]:
    """Evaluate folds; write `metrics.json` and `folds.json`, and print them.

    `metrics.json` is of all out-of-fold rows together, each predicted by the one model that has not
    seen it, and of the test rows by the mean of all models. `folds.json` has each fold's own
    metrics, and their mean and standard deviation.

    Args:
        parts: fold → predictions.
        name: the run's.
        folder: where the files go.

    Returns:
        The content of `metrics.json`.
    """
    merged = merge_folds(parts)
    averaged = average_folds(merged)
    metrics = evaluate_splits(averaged)
    for sentence in unpredicted_classes(averaged):
        log.warning(sentence)
    write_json(folder / "metrics.json", metrics)
    look_at_errors(merged, folder)
    each = {fold: evaluate_splits(parts[fold]) for fold in sorted(parts)}
    flat = {fold: flat_scores(own) for fold, own in each.items()}
    over = {
        key: [scores[key] for scores in flat.values()]
        for key in next(iter(flat.values()))
        if all(key in scores for scores in flat.values())
    }
    mean = {key: statistics.fmean(values) for key, values in over.items()}
    spread = {key: statistics.stdev(values) for key, values in over.items() if len(values) > 1}
    write_json(
        folder / "folds.json",
        {
            "folds": {str(fold): own for fold, own in each.items()},
            "mean": mean,
            "standard_deviation": spread,
        },
    )
    splits = [split for split in REPORTED if split in metrics]
    columns = [Column(""), *score_columns(splits, printed(), counted=False)]
    keys = [f"{split}/{score}" for split in splits for score in printed()]
    rows = [[f"fold {fold}", *_cells(own, keys)] for fold, own in flat.items()]
    if len(flat) > 1:
        rows += [["mean", *_cells(mean, keys)], ["standard deviation", *_cells(spread, keys)]]
        rows += [[f"{name}, all folds together", *_cells(flat_scores(metrics), keys)]]
    Table(columns, rows).print()
    return metrics


def _cells(scores: Mapping[str, float], keys: Sequence[str]) -> list[float | None]:
    return [scores.get(key) for key in keys]
