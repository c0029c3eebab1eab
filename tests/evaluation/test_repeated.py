from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lfx.evaluation.repeated import corrected_resampled_t


def test_without_correction_like_scipy():
    differences = np.random.default_rng(0).normal(0.01, 0.02, size=8)
    found = corrected_resampled_t(differences, 0)
    want = stats.ttest_1samp(differences, 0)
    interval = want.confidence_interval()
    assert found.p == pytest.approx(want.pvalue)
    assert tuple(found.interval) == pytest.approx((interval.low, interval.high))
    assert (found.mean, found.spread) == pytest.approx(
        (differences.mean(), differences.std(ddof=1))
    )


def test_like_its_formula():
    differences = np.array([0.02, 0.01, 0.03, 0.02, 0.0])
    statistic = differences.mean() / np.sqrt((1 / 5 + 1 / 4) * differences.var(ddof=1))
    assert corrected_resampled_t(differences, 1 / 4).p == pytest.approx(
        2 * stats.t.sf(statistic, 4)
    )


def test_equal_differences():
    assert corrected_resampled_t([0.0, 0.0], 0.1).p == 1
    assert corrected_resampled_t([0.1, 0.1], 0.1).p == 0


@pytest.mark.parametrize(("values", "ratio"), [([0.1], 0), ([[0.1, 0.2]], 0), ([0.1, 0.2], -1)])
def test_what_cannot_be_tested_is_refused(values, ratio):
    with pytest.raises(ValueError, match="two trainings or more are needed"):
        corrected_resampled_t(values, ratio)
