"""Which differences McNemar's test finds: its power."""

from __future__ import annotations

import numpy as np

_PRECISION = 1e-5  # of a difference of accuracies
_FAR = 9  # standard deviations, beyond which chances are negligible


def mcnemar_power(discordant: float, difference: float, samples: int, alpha: float = 0.05) -> float:
    """Compute the power of McNemar's exact test.

    Args:
        discordant: the share of the samples that exactly one model predicts correctly, in 0..1.
        difference: of the two accuracies, from 0 to `discordant`.
        samples: the number of samples.
        alpha: the significance level, in 0..1.

    Returns:
        The probability that the test finds the difference, in 0..1.
    """
    from scipy.stats import binom

    if discordant <= 0:
        return 0.0
    mean, spread = samples * discordant, np.sqrt(samples * discordant * (1 - discordant))
    least, most = mean - _FAR * spread - 1, mean + _FAR * spread + 2
    counts = np.arange(max(0, int(least)), min(samples + 1, int(most) + 1))
    chances = binom.pmf(counts, samples, discordant)
    # The largest number of losses with which the test is significant, -1 if there is none.
    limits = binom.ppf(alpha / 2, counts, 0.5)
    limits = np.where(binom.cdf(limits, counts, 0.5) > alpha / 2, limits - 1, limits)
    loss = min(1.0, max(0.0, (1 - difference / discordant) / 2))
    found = binom.cdf(limits, counts, loss) + binom.cdf(limits, counts, 1 - loss)
    return float((chances * found).sum())


def detectable_difference(
    discordant: float, samples: int, *, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """Return the smallest difference in accuracy that McNemar's exact test finds.

    Args:
        discordant: the share of the samples that exactly one model predicts correctly, in 0..1.
        samples: the number of samples.
        power: the probability with which it has to be found, in 0..1.
        alpha: the significance level, in 0..1.

    Returns:
        A difference in 0..`discordant`; None if even the largest is found less often.

    Example:
        >>> round(detectable_difference(0.086, 451), 2)
        0.04
        >>> detectable_difference(0.001, 100)
    """
    from scipy.optimize import brentq

    def missing(difference: float) -> float:
        return mcnemar_power(discordant, difference, samples, alpha) - power

    if missing(discordant) < 0:
        return None
    return float(brentq(missing, 0.0, discordant, xtol=_PRECISION)) if missing(0.0) < 0 else 0.0
