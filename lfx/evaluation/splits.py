"""The content of metrics.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from lfx.evaluation.metrics import evaluate

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions

# Metrics of the training split measure memory, so they are not among the results.
REPORTED = ("val", "test", "predict")


def evaluate_splits(predictions: Predictions) -> dict[str, Any]:
    """Evaluate every reported split by its labelled rows.

    Args:
        predictions: one row per sample in each split.

    Returns:
        `{split: metrics}` for the splits that have labelled rows, as `evaluate` gives them.
    """
    metrics = {}
    for split in REPORTED:
        part = predictions.select(predictions.rows(split) & (predictions.label >= 0))
        if len(part.sample_id):
            metrics[split] = evaluate(
                torch.from_numpy(part.probabilities()),
                torch.from_numpy(part.label.astype("int64")),
                part.metadata.classes,
            )
    return metrics
