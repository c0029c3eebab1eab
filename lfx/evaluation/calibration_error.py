"""The expected calibration error: the distance between confidence and accuracy."""

from __future__ import annotations

import torch
from torch import Tensor


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> float:
    """Compute the top-label expected calibration error.

    Samples are put into bins of equal width by confidence, their largest probability. The error is
    the distance between accuracy and mean confidence in a bin, averaged over bins with the number
    of samples as weights (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation
    3). A bin includes its lower bound, as in torchmetrics.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
        labels: class indices, `(samples,)`, one or more.
        bins: the number of bins.

    Returns:
        The error, in 0..1.
    """
    confidence, predicted = probabilities.to(torch.float64).max(dim=1)
    bounds = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    # Sums of floats may exceed 1 in the last bit; a confidence of exactly 1 gets a separate bin.
    bin_of_sample = torch.bucketize(confidence.clamp(0, 1), bounds, right=True) - 1
    excess = confidence - (predicted == labels).to(torch.float64)
    return float(torch.bincount(bin_of_sample, weights=excess).abs().sum().item() / len(labels))
