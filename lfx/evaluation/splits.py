"""The content of metrics.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from lfx.evaluation.metrics import evaluate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.artifacts.predictions import Predictions

# Metrics of the training split measure memory, so they are not among the results.
REPORTED = ("val", "oof", "test", "predict")


def evaluate_splits(predictions: Predictions, splits: Sequence[str] = REPORTED) -> dict[str, Any]:
    """Evaluate splits by their labelled rows.

    The numbers are those of the artifact's own rows, so that whoever reads the file gets the same.

    Args:
        predictions: one row per sample in each split.
        splits: which splits.

    Returns:
        `{split: metrics}` for those that have labelled rows, as `evaluate` gives them.
    """
    metrics = {}
    for split in splits:
        part = predictions.select(predictions.rows(split) & (predictions.label >= 0))
        if len(part.sample_id):
            metrics[split] = evaluate(
                torch.from_numpy(part.probabilities()),
                torch.from_numpy(part.label.astype("int64")),
                part.metadata.classes,
            )
    return metrics
