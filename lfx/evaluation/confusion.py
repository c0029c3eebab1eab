"""The confusion matrix."""

from __future__ import annotations

import torch
from torch import Tensor


def confusion(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Count how often each class was predicted for each label.

    Args:
        predicted: class indices, `(samples,)`, in `0..classes - 1`.
        labels: the same.
        classes: the number of classes.

    Returns:
        `(classes, classes)`, int64: rows are labels, columns are predictions.
    """
    cells = labels.long() * classes + predicted.long()
    return torch.bincount(cells, minlength=classes**2).reshape(classes, classes)
