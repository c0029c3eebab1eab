from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.stats.contingency_tables import mcnemar as of_statsmodels

from lfx.evaluation.mcnemar import (
    PairedAccuracy,
    mcnemar,
    paired_interval,
)
from lfx.evaluation.mcnemar_power import detectable_difference, mcnemar_power


@pytest.mark.parametrize("corrected", [0, 1, 7, 24, 243])
@pytest.mark.parametrize("corrupted", [0, 1, 15, 219])
def test_like_statsmodels_and_scipy(corrected, corrupted):
    gains = np.repeat([1, -1, 0], [corrected, corrupted, 30])
    want = of_statsmodels([[5, corrected], [corrupted, 7]], exact=True).pvalue
    assert mcnemar(gains) == pytest.approx(min(1, want))
    if corrected + corrupted:
        other = binomtest(corrected, corrected + corrupted).pvalue
        assert mcnemar(gains) == pytest.approx(other)


def test_groups_like_flipping_all_signs():
    gains = np.array([2, 1, -3, 0, 1, 1, -1, 2])
    sums = [np.dot(signs, gains) for signs in product([-1, 1], repeat=len(gains))]
    want = np.mean(np.abs(sums) >= abs(gains.sum()))
    assert mcnemar(gains) == pytest.approx(want)


def test_many_groups_like_few_products(monkeypatch):
    gains = np.repeat([1, -1, 2, -2, 3], [400, 380, 50, 60, 8])
    exact = mcnemar(gains)
    monkeypatch.setattr("lfx.evaluation.mcnemar._MOST_PRODUCTS", 10)
    assert mcnemar(gains) == pytest.approx(exact, rel=1e-9)


def answers(chance, samples, size, skill=0.7):
    """Two models of equal skill, which agree or err together in a group."""
    groups = np.arange(samples) // size
    of_groups = chance.random((2, groups.max() + 1))[:, groups] < skill
    return of_groups[0], of_groups[1], groups


@pytest.mark.parametrize("size", [1, 4])
def test_a_false_finding_is_as_rare_as_it_says(size):
    chance = np.random.default_rng(size)
    found = held = 0
    trials = 1000
    for _ in range(trials):
        one, other, groups = answers(chance, 400, size)
        gains = np.bincount(groups, weights=other.astype(int) - one).astype(int)
        found += mcnemar(gains) < 0.05
        paired = PairedAccuracy.of(one, other, groups)
        held += paired.interval.low <= 0 <= paired.interval.high
    assert found / trials <= 0.05
    assert abs(held / trials - 0.95) < 3 * np.sqrt(0.95 * 0.05 / trials)


def test_groups_that_are_ignored_find_what_is_not_there():
    chance = np.random.default_rng(0)
    found = 0
    for _ in range(300):
        one, other, _ = answers(chance, 400, 4)
        found += mcnemar(other.astype(int) - one) < 0.05
    assert found / 300 > 0.15


def test_what_two_models_differ_by():
    before = np.array([1, 1, 0, 0, 0, 1], bool)
    after = np.array([1, 0, 1, 1, 0, 1], bool)
    paired = PairedAccuracy.of(before, after, np.array([0, 1, 2, 2, 3, 4]))
    assert (paired.samples, paired.groups) == (6, 5)
    assert (paired.corrected, paired.corrupted) == (2, 1)
    assert paired.difference == pytest.approx(1 / 6)
    assert paired.p == 1
    assert paired.detectable is None
    with pytest.raises(ValueError, match="there are no samples"):
        PairedAccuracy.of(before[:0], after[:0], np.array([], int))


def test_one_group_says_nothing():
    before, after = np.zeros(10, bool), np.arange(10) < 5
    paired = PairedAccuracy.of(before, after, np.zeros(10, int))
    assert (paired.p, tuple(paired.interval), paired.detectable) == (1, (-1, 1), None)


@pytest.mark.parametrize(("corrected", "corrupted", "samples"), [(24, 15, 451), (0, 0, 30)])
def test_the_interval_like_its_formula(corrected, corrupted, samples):
    low, high = paired_interval(corrected, corrupted, samples)
    one, other = (corrected + 1) / (samples + 2), (corrupted + 1) / (samples + 2)
    reach = 1.959963985 * np.sqrt((one + other - (one - other) ** 2) / (samples + 2))
    assert (low, high) == pytest.approx((one - other - reach, one - other + reach))
    assert low < 0 < high


@pytest.mark.parametrize(("discordant", "difference"), [(0.2, 0.1), (0.5, 0.15), (0.1, 0.1)])
def test_power_like_a_naive_sum(discordant, difference):
    samples, alpha = 60, 0.05
    gain = (discordant + difference) / 2
    want = 0.0
    for discordant_count in range(samples + 1):
        for gains in range(discordant_count + 1):
            if discordant_count and binomtest(gains, discordant_count).pvalue <= alpha:
                want += binom.pmf(discordant_count, samples, discordant) * binom.pmf(
                    gains, discordant_count, gain / discordant
                )
    assert mcnemar_power(discordant, difference, samples) == pytest.approx(want)


def test_power_like_a_simulation():
    chance = np.random.default_rng(1)
    corrected, corrupted, _ = chance.multinomial(451, [0.065, 0.03, 0.905], size=1500).T
    found = [
        mcnemar(np.repeat([1, -1], counts)) <= 0.05
        for counts in zip(corrected, corrupted, strict=True)
    ]
    want = mcnemar_power(0.095, 0.035, 451)
    assert np.mean(found) == pytest.approx(want, abs=3 * np.sqrt(want * (1 - want) / 1500))


def test_the_smallest_difference_that_is_found():
    least = detectable_difference(0.1, 451)
    assert mcnemar_power(0.1, least, 451) == pytest.approx(0.8, abs=1e-3)
    assert detectable_difference(0.1, 4510) < least
    assert detectable_difference(0.0, 451) is None
