"""Calibration errors: distances between predicted probabilities and observed frequencies.

Each is a function of sums over samples, see `lfx.evaluation.sums`: of the excess of the prediction
over the outcome in each bin.
"""

from __future__ import annotations

import torch
from torch import Tensor

BINS = 15


def confidence_excess(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> Tensor:
    """Return confidence minus correctness of each sample, in the column of its bin.

    Bins have equal width and include their lower bounds, as in torchmetrics; a confidence of
    exactly 1 has a bin of its own.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
        labels: class indices, `(samples,)`, one or more.
        bins: the number of bins.

    Returns:
        `(samples, bins + 1)`, float64, 0 outside of a sample's bin.
    """
    confidence, predicted = probabilities.to(torch.float64).max(dim=1)
    return _in_bins(confidence, predicted == labels, _equal_width(confidence, bins), bins + 1)


def adaptive_excess(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> Tensor:
    """Return confidence minus correctness of each sample, in the column of its quantile bin.

    Bins have equally many samples, but samples of equal confidence share a bin.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
        labels: class indices, `(samples,)`, one or more.
        bins: the number of bins.

    Returns:
        `(samples, bins)`, float64, 0 outside of a sample's bin.
    """
    confidence, predicted = probabilities.to(torch.float64).max(dim=1)
    samples = len(confidence)
    firsts = torch.arange(1, bins, device=confidence.device) * samples // bins
    bounds = confidence.sort().values[firsts]
    bin_of_sample = torch.bucketize(confidence, bounds, right=True)
    return _in_bins(confidence, predicted == labels, bin_of_sample, bins)


def classwise_excess(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> Tensor:
    """Return each class's probability minus whether it is the label, in the columns of its bins.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
        labels: class indices, `(samples,)`, one or more.
        bins: the number of bins of equal width.

    Returns:
        `(samples, classes * (bins + 1))`, float64, divided by the number of classes; 0 outside of
        the bins of a sample's probabilities.
    """
    wide = probabilities.to(torch.float64)
    classes = wide.shape[1]
    columns = [
        _in_bins(wide[:, index], labels == index, _equal_width(wide[:, index], bins), bins + 1)
        for index in range(classes)
    ]
    return torch.cat(columns, dim=1) / classes


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> float:
    """Compute the top-label expected calibration error, in bins of equal width.

    The distance between accuracy and mean confidence, the largest probability, in a bin, averaged
    over bins with the number of samples as weights (Guo et al., On Calibration of Modern Neural
    Networks, ICML 2017, equation 3).

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
        labels: class indices, `(samples,)`, one or more.
        bins: the number of bins.

    Returns:
        The error, in 0..1.

    Example:
        >>> probabilities = torch.tensor([[0.75, 0.25], [0.75, 0.25]])
        >>> expected_calibration_error(probabilities, torch.tensor([0, 1]))
        0.25
    """
    sums = confidence_excess(probabilities, labels, bins).sum(dim=0)
    return float(sums.abs().sum().item() / len(labels))


def _equal_width(probability: Tensor, bins: int) -> Tensor:
    """Return the bin of each probability, in 0..bins."""
    bounds = torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=probability.device)
    # Sums of floats may exceed 1 in the last bit.
    return torch.bucketize(probability.clamp(0, 1), bounds, right=True) - 1


def _in_bins(probability: Tensor, is_right: Tensor, bin_of_sample: Tensor, bins: int) -> Tensor:
    excess = probability - is_right.to(torch.float64)
    return excess.new_zeros(len(excess), bins).scatter_(1, bin_of_sample[:, None], excess[:, None])
