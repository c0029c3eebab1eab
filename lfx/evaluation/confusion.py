"""Which class is taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torchmetrics.functional.classification import multiclass_confusion_matrix

if TYPE_CHECKING:
    import numpy.typing as npt


def confusion(
    probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Count how often each class was predicted for each label.

    Args:
        probabilities: `(samples, classes)`.
        labels: class indices, `(samples,)`.

    Returns:
        `(classes, classes)`: row the label, column the prediction.
    """
    counts = multiclass_confusion_matrix(
        torch.from_numpy(np.ascontiguousarray(probabilities)).argmax(dim=1),
        torch.from_numpy(labels.astype(np.int64)),
        num_classes=probabilities.shape[1],
    )
    return np.asarray(counts.numpy(), dtype=np.int64)
