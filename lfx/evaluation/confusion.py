"""Which class is taken for which."""

from __future__ import annotations

import torch
from torch import Tensor


def confusion(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Count how often each class was predicted for each label.

    Args:
        predicted: class indices, `(samples,)`, in `0..classes - 1`.
        labels: the same.
        classes: how many there are.

    Returns:
        `(classes, classes)`, int64: row the label, column the prediction.
    """
    cells = labels.long() * classes + predicted.long()
    return torch.bincount(cells, minlength=classes**2).reshape(classes, classes)
