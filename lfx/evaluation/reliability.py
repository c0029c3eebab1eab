"""How reliable probabilities are: reliability diagrams, and the parts of the Brier score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lfx.evaluation.intervals import Interval, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15


class ReliabilityBin(NamedTuple):
    """One bin of a reliability diagram.

    Attributes:
        samples: the number of samples, 1 or more.
        confidence: their mean confidence, in 0..1.
        accuracy: the share of them that are predicted correctly, in 0..1.
        interval: the 95 % interval of that share, by Wilson.
    """

    samples: int
    confidence: float
    accuracy: float
    interval: Interval


def reliability_bins(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = BINS
) -> list[ReliabilityBin]:
    """Compare confidence and accuracy in bins of equal width.

    DeGroot and Fienberg, The Comparison and Evaluation of Forecasters, The Statistician 1983.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
        labels: class indices, `(samples,)`.
        bins: the number of bins.

    Returns:
        The bins that have samples, from the least confident one.

    Example:
        >>> probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.45, 0.55]])
        >>> for one in reliability_bins(probabilities, np.array([0, 1, 1]), bins=5):
        ...     print(one.samples, one.confidence, one.accuracy)
        1 0.55 1.0
        2 0.9 0.5
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bin_of_sample = _bin(confidence, bins)
    found = []
    for index in np.unique(bin_of_sample):
        rows = bin_of_sample == index
        hits, samples = int(right[rows].sum()), int(rows.sum())
        mean = float(confidence[rows].mean())
        found.append(ReliabilityBin(samples, mean, hits / samples, wilson(hits, samples)))
    return found


@dataclass(frozen=True)
class BrierParts:
    """The Brier score in parts, each summed over classes.

    The score is `reliability - resolution + uncertainty + within`.

    Attributes:
        reliability: the squared distance of probabilities and observed frequencies, 0 or more; 0 of
            perfectly calibrated probabilities.
        resolution: how far observed frequencies of bins differ from those of all samples, 0 or
            more; the more, the better.
        uncertainty: the variance of the outcome, which no model changes.
        within: what the bins leave out, because probabilities in a bin differ; near 0.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within: float

    @classmethod
    def of(
        cls, probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = BINS
    ) -> BrierParts:
        """Compute the parts.

        Murphy, A New Vector Partition of the Probability Score, Journal of Applied Meteorology
        1973, of each class against the rest, in bins of equal width; the remainder of the bins as
        in Stephenson et al., Weather and Forecasting 2008.

        Args:
            probabilities: `(samples, classes)`, in 0..1, rows summing to 1.
            labels: class indices, `(samples,)`, one or more.
            bins: the number of bins.

        Example:
            >>> sure = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
            >>> BrierParts.of(sure, np.array([0, 0, 1, 1]))
            BrierParts(reliability=0.0, resolution=0.5, uncertainty=0.5, within=0.0)
        """
        samples, classes = probabilities.shape
        outcome = np.eye(classes)[labels]
        reliability = resolution = 0.0
        for index in range(classes):
            bin_of_sample = _bin(probabilities[:, index], bins)
            counts = np.bincount(bin_of_sample, minlength=bins + 1)
            filled = np.maximum(counts, 1)
            forecast = np.bincount(bin_of_sample, probabilities[:, index], bins + 1) / filled
            observed = np.bincount(bin_of_sample, outcome[:, index], bins + 1) / filled
            share = outcome[:, index].mean()
            reliability += float((counts * (forecast - observed) ** 2).sum()) / samples
            resolution += float((counts * (observed - share) ** 2).sum()) / samples
        shares = outcome.mean(axis=0)
        uncertainty = float((shares * (1 - shares)).sum())
        score = float(((probabilities - outcome) ** 2).sum(axis=1).mean())
        within = score - (reliability - resolution + uncertainty)
        return cls(reliability, resolution, uncertainty, within)


def _bin(probability: NDArray[np.floating], bins: int) -> NDArray[np.intp]:
    """Return the bin of each probability, in 0..bins; exactly 1 has a bin of its own."""
    bounds = np.linspace(0, 1, bins + 1)
    return np.asarray(np.searchsorted(bounds, np.clip(probability, 0, 1), side="right") - 1)
