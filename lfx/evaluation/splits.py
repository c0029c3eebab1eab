"""The content of metrics.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from lfx.artifacts.predictions import softmax
from lfx.data.split_names import REPORTED
from lfx.evaluation.metrics import evaluate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lfx.artifacts.predictions import Predictions


def evaluate_splits(
    predictions: Predictions,
    splits: Sequence[str] = REPORTED,
    among: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Compute the scores of each split's labelled rows.

    They are computed from the artifact's rows, so a reader of the file gets the same numbers.

    Args:
        predictions: one row per sample in each split.
        splits: names of the splits.
        among: mask of the rows that count, `(rows,)`; None: all.

    Returns:
        `{split: metrics}` for the splits with labelled rows, with metrics as in `evaluate`.
    """
    metrics = {}
    for split in splits:
        rows = predictions.rows(split) & (predictions.label >= 0)
        rows = rows if among is None else rows & among
        if rows.any():
            metrics[split] = evaluate(
                torch.from_numpy(softmax(predictions.logits[rows])),
                torch.from_numpy(predictions.label[rows].astype("int64")),
                predictions.metadata.classes,
            )
    return metrics
