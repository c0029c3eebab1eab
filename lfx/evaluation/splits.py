"""The content of metrics.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from lfx.artifacts.predictions import softmax
from lfx.data.split_names import REPORTED
from lfx.evaluation.metrics import evaluate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.artifacts.predictions import Predictions


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
        rows = predictions.rows(split) & (predictions.label >= 0)
        if rows.any():
            metrics[split] = evaluate(
                torch.from_numpy(softmax(predictions.logits[rows])),
                torch.from_numpy(predictions.label[rows].astype("int64")),
                predictions.metadata.classes,
            )
    return metrics
