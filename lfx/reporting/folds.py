"""Report a cross-validation: metrics of each fold, their mean and spread, and of all rows."""

from __future__ import annotations

import logging
import statistics
from typing import TYPE_CHECKING, Any

from lfx.artifacts.folds import average_folds, merge_folds
from lfx.data.split_names import REPORTED
from lfx.evaluation.scores import printed
from lfx.evaluation.splits import evaluate_splits
from lfx.evaluation.unpredicted import unpredicted_classes
from lfx.reporting.errors import report_errors
from lfx.reporting.estimates import Estimate
from lfx.reporting.score_columns import score_cells, score_columns, table_notes
from lfx.reporting.table import Column, Table
from lfx.runtime.files import write_json
from lfx.training.logged import flat_scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.artifacts.predictions import Predictions

log = logging.getLogger(__name__)


def report_folds(parts: Mapping[int, Predictions], name: str, folder: Path) -> dict[str, Any]:
    """Evaluate folds; write `metrics.json` and `folds.json`, and print them.

    `metrics.json` has the scores of all out-of-fold rows, each predicted by the one model that has
    not seen it, and of the test rows, predicted by the mean of all models. `folds.json` has the
    metrics of each fold, and their mean and standard deviation.

    Args:
        parts: fold → predictions.
        name: the run's name.
        folder: folder of the files.

    Returns:
        The content of `metrics.json`.
    """
    merged = merge_folds(parts)
    averaged = average_folds(merged)
    metrics = evaluate_splits(averaged)
    for sentence in unpredicted_classes(averaged):
        log.warning(sentence)
    write_json(folder / "metrics.json", metrics)
    report_errors(merged, folder)
    fold_metrics = {fold: evaluate_splits(parts[fold]) for fold in sorted(parts)}
    fold_scores = {fold: flat_scores(of_splits) for fold, of_splits in fold_metrics.items()}
    values_of = {
        key: [scores[key] for scores in fold_scores.values()]
        for key in next(iter(fold_scores.values()))
        if all(key in scores for scores in fold_scores.values())
    }
    mean = {key: statistics.fmean(values) for key, values in values_of.items()}
    spread = {key: statistics.stdev(values) for key, values in values_of.items() if len(values) > 1}
    write_json(
        folder / "folds.json",
        {
            "folds": {str(fold): of_splits for fold, of_splits in fold_metrics.items()},
            "mean": mean,
            "standard_deviation": spread,
        },
    )
    splits = [split for split in REPORTED if split in metrics]
    columns = [Column(""), *score_columns(splits, printed(), counted=False)]
    keys = [f"{split}/{score}" for split in splits for score in printed()]
    lines = {f"fold {fold}": of_splits for fold, of_splits in fold_metrics.items()}
    if len(fold_scores) > 1:
        lines |= {f"{name}, all folds together": metrics}
    rows = [
        [title, *score_cells(line, splits, printed(), counted=False)]
        for title, line in lines.items()
    ]
    if len(fold_scores) > 1:
        rows[-1:-1] = [["mean", *_cells(mean, keys)], ["standard deviation", *_cells(spread, keys)]]
    Table(columns, rows, table_notes(splits)).print()
    return metrics


def _cells(scores: Mapping[str, float], keys: Sequence[str]) -> list[Estimate | None]:
    return [Estimate(scores[key]) if key in scores else None for key in keys]
