"""Differences over repeated trainings: seeds, or folds of a cross-validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfx.evaluation.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LEAST = 2


@dataclass(frozen=True)
class RepeatedDifference:
    """The mean difference of two models over repeated trainings.

    Attributes:
        mean: the mean difference.
        spread: its standard deviation over trainings.
        interval: the 95 % interval of the mean.
        p: the two-sided p-value.
    """

    mean: float
    spread: float
    interval: Interval
    p: float


def corrected_resampled_t(
    differences: ArrayLike, test_to_train: float, level: float = 0.95
) -> RepeatedDifference:
    """Compute the corrected resampled t-test.

    Trainings on parts of the same data are not independent: the variance of their mean is larger
    than the variance over trainings divided by their number, by the share of the data that is
    tested on (Nadeau and Bengio, Inference for the Generalization Error, Machine Learning 2003,
    equation 9).

    Args:
        differences: a difference of two models for each training, `(trainings,)`, two or more.
        test_to_train: the number of test samples divided by that of training samples, 0 or more:
            1 / (k - 1) for k folds; 0 leaves the ordinary t-test.
        level: the confidence level, in 0..1.

    Raises:
        ValueError: there are fewer than two trainings, or the ratio is negative.

    Example:
        >>> result = corrected_resampled_t([0.02, 0.01, 0.03, 0.02, 0.00], 1 / 4)
        >>> round(result.mean, 3), round(result.p, 3)
        (0.016, 0.105)
    """
    from scipy.stats import t

    values = np.asarray(differences, float)
    if values.ndim != 1 or len(values) < _LEAST or test_to_train < 0:
        raise ValueError(
            "two trainings or more are needed, and a ratio of test to training samples of 0 or "
            f"more; got {values.shape} and {test_to_train}"
        )
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    error = float(np.sqrt((1 / len(values) + test_to_train) * variance))
    freedom = len(values) - 1
    reach = float(t.ppf((1 + level) / 2, freedom)) * error
    # Trainings that all differ alike leave nothing to chance.
    p = float(2 * t.sf(abs(mean) / error, freedom)) if error > 0 else float(mean == 0)
    interval = Interval(mean - reach, mean + reach)
    return RepeatedDifference(mean, float(np.sqrt(variance)), interval, p)
