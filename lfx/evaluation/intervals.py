"""Confidence intervals, and that of an accuracy."""

from __future__ import annotations

from typing import NamedTuple


class Interval(NamedTuple):
    """The bounds of a confidence interval."""

    low: float
    high: float


def wilson(right: int, samples: int, level: float = 0.95) -> Interval:
    """Compute Wilson's score interval of an accuracy.

    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927. Unlike
    the normal approximation it stays in 0..1, and its level holds for few samples and for scores
    near 1.

    Args:
        right: the number of correct predictions.
        samples: the number of predictions, 1 or more.
        level: the confidence level, in 0..1.

    Raises:
        ValueError: there are no samples, or `right` is larger than `samples`.
    """
    from scipy.stats import binomtest

    interval = binomtest(right, samples).proportion_ci(level, method="wilson")
    return Interval(float(interval.low), float(interval.high))
