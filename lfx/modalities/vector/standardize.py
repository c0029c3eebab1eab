"""Features of mean 0 and standard deviation 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

Vector = npt.NDArray[np.float64]

# Numbers that differ by less than float32 can tell apart are the same.
_SAME = float(np.finfo(np.float32).eps)
# The inverse of a smaller standard deviation is infinite in float32.
_LEAST_SPREAD = float(np.finfo(np.float32).tiny)
# Numbers up to this size differ by a finite number, and 1 / spread is a normal one.
LARGEST = 1 / _LEAST_SPREAD


def moments(arrays: Sequence[npt.NDArray[np.float32]]) -> tuple[Vector, Vector]:
    """Return mean and standard deviation of each feature over all steps of all samples.

    Args:
        arrays: (samples,) (time, features) each; at least one step.

    Returns:
        Both (features,). The standard deviation of a feature that is always the same is 0.

    Example:
        >>> mean, spread = moments([np.array([[1.0, 7.0]]), np.array([[2.0, 7.0], [3.0, 7.0]])])
        >>> mean.tolist(), spread.round(3).tolist()
        ([2.0, 7.0], [0.816, 0.0])
    """
    steps = sum(len(array) for array in arrays)
    mean = sum(array.sum(axis=0, dtype=np.float64) for array in arrays) / steps
    squares, largest = np.zeros_like(mean), np.zeros_like(mean)
    for array in arrays:
        squares += np.square(array - mean).sum(axis=0)
        largest = np.maximum(largest, np.abs(array).max(axis=0))
    spread = np.sqrt(squares / steps)
    return mean, np.where(spread > _SAME * largest, spread, 0.0)


class Standardize(nn.Module):
    """Standardises features by what the train split's are; one that never changes there becomes 0.

    Args:
        width: number of features.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    @classmethod
    def learned(cls, arrays: Sequence[npt.NDArray[np.float32]]) -> Self:
        """Learn mean and standard deviation; see `moments`.

        A standard deviation whose inverse float32 cannot hold is taken for 0.
        """
        mean, spread = moments(arrays)
        scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread >= _LEAST_SPREAD)
        module = cls(len(mean))
        module.mean = torch.from_numpy(mean).float()
        module.scale = torch.from_numpy(scale).float()
        return module

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.mean)

    @property
    def spread(self) -> npt.NDArray[np.float32]:
        """(features,) standard deviations of the train split."""
        scale: npt.NDArray[np.float32] = self.scale.cpu().numpy()
        return np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)

    def forward(self, values: Tensor) -> Tensor:
        """Standardise (…, features)."""
        return (values - self.mean) * self.scale
