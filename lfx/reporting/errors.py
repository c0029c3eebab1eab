"""Where predictions are wrong: scores of each class, and which class is taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from lfx.artifacts.folds import average_folds
from lfx.artifacts.predictions import NONE, softmax
from lfx.data.split_names import REPORTED
from lfx.evaluation.confusion import confusion
from lfx.evaluation.metrics import score_classes
from lfx.reporting.loggers import log_picture
from lfx.reporting.pictures.bars import draw_bars
from lfx.reporting.pictures.figure import MOST_NAMES
from lfx.reporting.pictures.heatmap import draw_confusion
from lfx.reporting.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from pytorch_lightning.loggers import Logger

    from lfx.artifacts.predictions import Predictions

_SCORES = {"precision": "precision", "recall": "recall", "f1": "F1"}


def look_at_errors(
    predictions: Predictions, folder: Path, logger: Logger | None = None
) -> dict[str, Path]:
    """Write `per_class` and `confusion`, a CSV and a PNG each, of all splits that are reported.

    Of more than 60 classes, `confusion.csv` lists the cells that are not 0.

    Args:
        predictions: where cross-validation gives a sample several rows, they are averaged.
        folder: where to.
        logger: gets the pictures as well, if it shows any.

    Returns:
        Name → picture; nothing where no row has a label.
    """
    # Without folds there is one row a sample.
    rows = average_folds(predictions) if (predictions.fold != NONE).any() else predictions
    about, classes = rows.metadata, rows.metadata.classes
    counts = _count(rows)
    if not counts:
        return {}
    of_class = {split: score_classes(own, classes) for split, own in counts.items()}
    Table(
        [Column(title) for title in ("split", "class", *_SCORES, "support")],
        [
            (split, name, *(scores[key] for key in (*_SCORES, "support")))
            for split, own in of_class.items()
            for name, scores in own.items()
        ],
    ).write_csv(folder / "per_class.csv")
    bars = {
        f"{split} (n = {int(counts[split].sum())})": {
            title: [own[name][key] for name in classes] for key, title in _SCORES.items()
        }
        for split, own in of_class.items()
    }
    title = f"{about.name}: scores of each class"
    draw_bars(folder / "per_class.png", title, classes, bars, ".2f", top=1.0)
    tables = {split: own.numpy() for split, own in counts.items()}
    Table(
        [Column(title) for title in ("split", "label", "predicted", "count")],
        [
            (split, classes[row], classes[column], int(own[row, column]))
            for split, own in tables.items()
            for row, column in _cells(own)
        ],
    ).write_csv(folder / "confusion.csv")
    draw_confusion(folder / "confusion.png", f"{about.name}: confusion", tables, classes)
    pictures = {name: folder / f"{name}.png" for name in ("per_class", "confusion")}
    for name, file in pictures.items():
        log_picture(logger, name, file)
    return pictures


def _count(rows: Predictions) -> dict[str, torch.Tensor]:
    """Count, by split with labels, how often each class was predicted for each label."""
    counts = {}
    for split in REPORTED:
        chosen = rows.rows(split) & (rows.label >= 0)
        if chosen.any():
            predicted = softmax(rows.logits[chosen]).argmax(axis=1)
            labels = torch.from_numpy(rows.label[chosen])
            counts[split] = confusion(
                torch.from_numpy(predicted), labels, len(rows.metadata.classes)
            )
    return counts


def _cells(counts: npt.NDArray[np.integer]) -> Iterable[Sequence[int]]:
    """Give the cells that are listed: all; of very many classes those that count anything."""
    if len(counts) > MOST_NAMES:
        return np.argwhere(counts).tolist()
    return np.ndindex(*counts.shape)
