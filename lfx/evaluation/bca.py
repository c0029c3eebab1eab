"""The bias-corrected and accelerated bootstrap interval, for few groups as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.evaluation.intervals import Interval

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike

_LEAST_GROUPS = 2


def bca_interval(
    value: Any, drawn: ArrayLike, left_out: ArrayLike, groups: int, level: float = 0.95
) -> Interval | None:
    """Compute a BCa interval.

    Efron, Better Bootstrap Confidence Intervals, JASA 1987. A bootstrap's intervals are too narrow
    for few groups, as a variance without Bessel's correction and without Student's t; the level is
    raised by just that (Hesterberg, What Teachers Should Know About the Bootstrap, The American
    Statistician 2015, section 4.2.1), so that the mean of ten independent values, too, is held as
    often as the level says.

    Args:
        value: the score on all samples.
        drawn: the score on resamples, `(resamples,)`; those that are not finite are left out.
        left_out: the score without each block of groups, `(blocks,)`, for the acceleration.
        groups: the number of independent groups that were drawn from.
        level: the confidence level, in 0..1.

    Returns:
        The interval; None for fewer than two groups, or a score that is not finite.

    Example:
        >>> chance = np.random.default_rng(0)
        >>> values = chance.normal(size=100)
        >>> drawn = values[chance.integers(0, 100, (2000, 100))].mean(axis=1)
        >>> left_out = (values.sum() - values) / 99
        >>> low, high = bca_interval(values.mean(), drawn, left_out, 100)
        >>> round(float(low), 1), round(float(high), 1)
        (-0.1, 0.3)
    """
    from scipy.stats import norm, t

    point, scores = float(value), np.asarray(drawn, float)
    scores = scores[np.isfinite(scores)]
    if groups < _LEAST_GROUPS or not np.isfinite(point) or not len(scores):
        return None
    tail = norm.cdf(-t.ppf((1 + level) / 2, groups - 1) * np.sqrt(groups / (groups - 1)))
    below = ((scores < point).mean() + (scores <= point).mean()) / 2
    least = 1 / (len(scores) + 1)
    bias = norm.ppf(np.clip(below, least, 1 - least))
    acceleration = _acceleration(np.asarray(left_out, float))
    bounds = []
    for normal in (norm.ppf(tail), -norm.ppf(tail)):
        shifted = bias + normal
        bounds.append(norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    low, high = np.quantile(scores, bounds)
    return Interval(float(low), float(high))


def _acceleration(left_out: np.ndarray[Any, np.dtype[np.floating[Any]]]) -> float:
    """Return the acceleration: a sixth of the skewness of the jackknife's influence values."""
    finite = left_out[np.isfinite(left_out)]
    influence = finite.mean() - finite if len(finite) else finite
    squares = float((influence**2).sum())
    return float((influence**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
