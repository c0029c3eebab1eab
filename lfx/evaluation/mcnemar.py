"""Whether one of two models is right more often than the other: McNemar's test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.evaluation.intervals import Interval
from lfx.evaluation.mcnemar_power import detectable_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PRODUCTS = 10_000_000


def mcnemar(gains: NDArray[np.integer]) -> float:
    """Compute the p-value of McNemar's exact test, two-sided, in 0..1.

    The null hypothesis: a sample that one model alone predicts correctly is as likely to be one
    model's as the other's (McNemar, Psychometrika 1947). With groups of several samples, signs are
    flipped by group, which is exact as well, because samples of a group are not independent
    (Winkler et al., Permutation inference for the general linear model, NeuroImage 2014: blocks
    that are exchangeable as a whole); the distribution of all sign flips is computed, not drawn.

    Args:
        gains: of each group, the number of samples that the second model alone predicts correctly
            minus those that the first alone does, `(groups,)`.

    Example:
        >>> round(mcnemar(np.repeat([1, -1], [7, 0])), 4)  # 7 corrected, 0 corrupted
        0.0156
        >>> mcnemar(np.array([0, 0]))
        1.0
    """
    sizes = np.abs(np.asarray(gains, np.int64))
    observed = abs(int(np.asarray(gains).sum()))
    distribution = np.ones(1)
    for size, count in zip(*np.unique(sizes[sizes > 0], return_counts=True), strict=True):
        distribution = _convolve(distribution, _flipped(int(size), int(count)))
    sums = np.arange(len(distribution)) - len(distribution) // 2
    return float(min(1.0, distribution[np.abs(sums) >= observed].sum()))


def _flipped(size: int, count: int) -> NDArray[np.float64]:
    """Return the distribution of the sum of `count` numbers that are `size` or `-size`.

    For the sums from `-size * count` to `size * count`; the number of plus signs is binomial.
    """
    from scipy.stats import binom

    distribution = np.zeros(2 * size * count + 1)
    distribution[:: 2 * size] = binom.pmf(np.arange(count + 1), count, 0.5)
    return distribution


def _convolve(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distribution of the sum of two numbers."""
    if len(one) * len(other) <= _MOST_PRODUCTS:
        return np.convolve(one, other)
    from scipy.signal import fftconvolve

    return np.asarray(np.maximum(fftconvolve(one, other), 0.0))


@dataclass(frozen=True)
class PairedAccuracy:
    """How two models' accuracies differ on the same samples.

    Attributes:
        samples: the number of samples.
        groups: the number of groups of near duplicates.
        corrected: samples that the second model alone predicts correctly.
        corrupted: samples that the first model alone predicts correctly.
        p: the p-value of McNemar's exact test.
        interval: the 95 % interval of the difference.
        design_effect: by how much groups raise the variance of the difference, 1 or more.

    Example:
        >>> before = np.array([True] * 6 + [False] * 14)
        >>> paired = PairedAccuracy.of(before, np.ones(20, bool), np.arange(20))
        >>> paired.corrected, paired.corrupted, paired.difference, round(paired.p, 4)
        (14, 0, 0.7, 0.0001)
    """

    samples: int
    groups: int
    corrected: int
    corrupted: int
    p: float
    interval: Interval
    design_effect: float

    @cached_property
    def detectable(self) -> float | None:
        """The smallest difference that `mcnemar` finds on such samples with 80 % power.

        Of as many samples, of which as many are predicted differently. None if it finds none.
        """
        discordant = (self.corrected + self.corrupted) / self.samples
        return detectable_difference(discordant, max(1, round(self.samples / self.design_effect)))

    @property
    def difference(self) -> float:
        """The second model's accuracy minus the first's, in -1..1."""
        return (self.corrected - self.corrupted) / self.samples

    def document(self) -> dict[str, Any]:
        """Return the figures in plain values."""
        return {
            "samples": self.samples,
            "groups": self.groups,
            "difference": self.difference,
            "interval": list(self.interval),
            "corrected": self.corrected,
            "corrupted": self.corrupted,
            "p": self.p,
            "detectable": self.detectable,
        }

    @classmethod
    def of(
        cls, before: NDArray[np.bool_], after: NDArray[np.bool_], groups: NDArray[np.integer]
    ) -> PairedAccuracy:
        """Compare two models.

        Args:
            before: whether the first model is right, `(samples,)`.
            after: whether the second model is right, `(samples,)`.
            groups: group of each sample, `(samples,)`, from 0.

        Raises:
            ValueError: there are no samples.
        """
        samples = len(before)
        if not samples:
            raise ValueError("there are no samples to compare models on")
        gains = after.astype(np.int64) - before
        by_group = np.bincount(groups, weights=gains).astype(np.int64)
        corrected, corrupted = int((gains > 0).sum()), int((gains < 0).sum())
        effect = _design_effect(gains, groups)
        return cls(
            samples=samples,
            groups=int(groups.max()) + 1,
            corrected=corrected,
            corrupted=corrupted,
            p=mcnemar(by_group),
            interval=paired_interval(corrected, corrupted, samples, effect),
            design_effect=effect,
        )


def _design_effect(gains: NDArray[np.integer], groups: NDArray[np.integer]) -> float:
    """Return by how much groups raise the variance of the mean gain, at least 1.

    1 if each sample is a group of its own, infinite if all are one group; else the ratio of the
    linearised variance of a ratio estimate over groups to that of independent samples (Kish, Survey
    Sampling, 1965).
    """
    count = int(groups.max()) + 1
    if count == len(gains):
        return 1.0
    if count == 1:  # says nothing of how groups differ
        return float("inf")
    residuals = gains - gains.mean()
    by_sample = float((residuals**2).sum())
    by_group = float((np.bincount(groups, weights=residuals) ** 2).sum())
    ratio = by_group / by_sample if by_sample > 0 else 0.0
    return max(1.0, ratio * count / (count - 1))


def paired_interval(
    corrected: int, corrupted: int, samples: int, design_effect: float = 1.0, level: float = 0.95
) -> Interval:
    """Compute the interval of a difference of two accuracies on the same samples.

    The adjusted Wald interval (Bonett and Price, Adjusted Wald Confidence Interval for a Difference
    of Binomial Proportions Based on Paired Data, JEBS 2012): it holds its level for few samples,
    and is not empty where models never differ.

    Args:
        corrected: samples that the second model alone predicts correctly.
        corrupted: samples that the first model alone predicts correctly.
        samples: the number of samples.
        design_effect: by how much groups raise the variance, 1 or more.
        level: the confidence level, in 0..1.

    Returns:
        The bounds, in -1..1, of the second accuracy minus the first.

    Example:
        >>> low, high = paired_interval(24, 15, 451)
        >>> round(low, 3), round(high, 3)
        (-0.008, 0.048)
    """
    from scipy.stats import norm

    shares = (corrected + 1) / (samples + 2), (corrupted + 1) / (samples + 2)
    difference = shares[0] - shares[1]
    variance = (sum(shares) - difference**2) / (samples + 2) * design_effect
    reach = float(norm.ppf((1 + level) / 2)) * float(np.sqrt(variance))
    return Interval(max(-1.0, difference - reach), min(1.0, difference + reach))
