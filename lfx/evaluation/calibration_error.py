"""How far a model's confidence is from how often it is right."""

from __future__ import annotations

import torch
from torch import Tensor


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> float:
    """Compute the top-label expected calibration error.

    Samples are sorted by confidence, their largest probability, into bins of equal width. The error
    is the mean over samples of the distance, in a sample's bin, between accuracy and mean
    confidence (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3). A bin
    holds its lower bound, as in torchmetrics.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
        labels: class indices, `(samples,)`, one or more.
        bins: how many.

    Returns:
        The error, in 0..1.
    """
    confidence, predicted = probabilities.to(torch.float64).max(dim=1)
    bounds = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    # Sums of floats may exceed 1 in the last bit; 1 itself has a bin of its own.
    place = torch.bucketize(confidence.clamp(0, 1), bounds, right=True) - 1
    excess = confidence - (predicted == labels).to(torch.float64)
    return float(torch.bincount(place, weights=excess).abs().sum().item() / len(labels))
