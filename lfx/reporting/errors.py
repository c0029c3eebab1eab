"""Report the errors of predictions: scores of each class, and confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from lfx.artifacts.folds import average_folds
from lfx.artifacts.predictions import NONE, softmax
from lfx.data.split_names import REPORTED
from lfx.evaluation.confusion import confusion
from lfx.evaluation.metrics import score_classes
from lfx.evaluation.reliability import reliability_bins
from lfx.reporting.pictures.bars import draw_bars
from lfx.reporting.pictures.figure import MOST_NAMES
from lfx.reporting.pictures.heatmap import draw_confusion
from lfx.reporting.table import Column, Table
from lfx.training.logged import log_confusion, log_lines, log_picture, shows_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from pytorch_lightning.loggers import Logger

    from lfx.artifacts.predictions import Predictions

_SCORES = {"precision": "precision", "recall": "recall", "f1": "F1"}


def report_errors(
    predictions: Predictions, folder: Path, logger: Logger | None = None
) -> dict[str, Path]:
    """Write `per_class` and `confusion`, a CSV and a PNG each, of all reported splits.

    With more than 60 classes, `confusion.csv` lists only the cells that are not 0.

    Args:
        predictions: the predictions; a cross-validation's rows of the same sample are averaged.
        folder: folder of the files.
        logger: also gets the pictures, if it shows pictures.

    Returns:
        Name → picture; empty if no row has a label.
    """
    # Without folds there is one row per sample.
    rows = average_folds(predictions) if (predictions.fold != NONE).any() else predictions
    name, classes = rows.metadata.name, rows.metadata.classes
    counts = _count(rows)
    if not counts:
        return {}
    per_class = {split: score_classes(matrix, classes) for split, matrix in counts.items()}
    Table(
        [Column(title) for title in ("split", "class", *_SCORES, "support")],
        [
            (split, label, *(scores[key] for key in (*_SCORES, "support")))
            for split, scores_of in per_class.items()
            for label, scores in scores_of.items()
        ],
    ).write_csv(folder / "per_class.csv")
    bars = {
        f"{split} (n = {int(counts[split].sum())})": {
            title: [scores_of[label][key] for label in classes] for key, title in _SCORES.items()
        }
        for split, scores_of in per_class.items()
    }
    title = f"{name}: scores of each class"
    draw_bars(folder / "per_class.png", title, classes, bars, ".2f", top=1.0)
    matrices = {split: matrix.numpy() for split, matrix in counts.items()}
    Table(
        [Column(title) for title in ("split", "label", "predicted", "count")],
        [
            (split, classes[row], classes[column], int(matrix[row, column]))
            for split, matrix in matrices.items()
            for row, column in _cells(matrix)
        ],
    ).write_csv(folder / "confusion.csv")
    draw_confusion(folder / "confusion.png", f"{name}: confusion", matrices, classes)
    pictures = {kind: folder / f"{kind}.png" for kind in ("per_class", "confusion")}
    for kind, file in pictures.items():
        log_picture(logger, kind, file)
    return pictures


def log_errors(predictions: Predictions, logger: Logger | None) -> None:
    """Send confusion matrices and reliability to W&B, as charts; other loggers get nothing."""
    if not shows_tables(logger):
        return
    rows = average_folds(predictions) if (predictions.fold != NONE).any() else predictions
    lines = {}
    for split, counts in _count(rows).items():
        if len(counts) <= MOST_NAMES:
            classes = rows.metadata.classes
            log_confusion(logger, f"confusion_matrix_{split}", classes, counts.tolist())
        labelled = rows.rows(split) & (rows.label >= 0)
        bins = reliability_bins(softmax(rows.logits[labelled]), rows.label[labelled])
        lines[split] = ([one.confidence for one in bins], [one.accuracy for one in bins])
    log_lines(logger, "reliability", ("confidence", "accuracy"), lines)


def _count(rows: Predictions) -> dict[str, torch.Tensor]:
    """Return the confusion matrix of each split with labels."""
    counts = {}
    for split in REPORTED:
        labelled = rows.rows(split) & (rows.label >= 0)
        if labelled.any():
            predicted = softmax(rows.logits[labelled]).argmax(axis=1)
            labels = torch.from_numpy(rows.label[labelled])
            counts[split] = confusion(
                torch.from_numpy(predicted), labels, len(rows.metadata.classes)
            )
    return counts


def _cells(counts: npt.NDArray[np.integer]) -> Iterable[Sequence[int]]:
    """Return the cells that are listed: all, or with very many classes those that are not 0."""
    if len(counts) > MOST_NAMES:
        return np.argwhere(counts).tolist()
    return np.ndindex(*counts.shape)
