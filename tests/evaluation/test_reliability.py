from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from lfx.evaluation.calibration_error import expected_calibration_error
from lfx.evaluation.intervals import wilson
from lfx.evaluation.reliability import BrierParts, reliability_bins


def draw(seed, samples=300, classes=3):
    chance = np.random.default_rng(seed)
    probabilities = chance.dirichlet(np.full(classes, 0.5), size=samples)
    labels = np.array([chance.choice(classes, p=row) for row in probabilities])
    return probabilities, labels


@pytest.mark.parametrize("seed", range(3))
def test_bins_like_scikit_learn(seed):
    probabilities, labels = draw(seed)
    right = probabilities.argmax(axis=1) == labels
    want = calibration_curve(right, probabilities.max(axis=1), n_bins=10)
    found = reliability_bins(probabilities, labels, bins=10)
    np.testing.assert_allclose([one.accuracy for one in found], want[0])
    np.testing.assert_allclose([one.confidence for one in found], want[1])
    assert sum(one.samples for one in found) == len(labels)
    for one in found:
        assert one.interval == wilson(round(one.accuracy * one.samples), one.samples)


def test_bins_are_those_of_the_calibration_error():
    probabilities, labels = draw(5)
    found = reliability_bins(probabilities, labels)
    error = sum(one.samples * abs(one.accuracy - one.confidence) for one in found) / len(labels)
    want = expected_calibration_error(torch.from_numpy(probabilities), torch.from_numpy(labels))
    assert error == pytest.approx(want)


@pytest.mark.parametrize("seed", range(3))
def test_parts_sum_to_the_brier_score(seed):
    probabilities, labels = draw(seed)
    parts = BrierParts.of(probabilities, labels)
    want = sum(brier_score_loss(labels == one, probabilities[:, one]) for one in range(3))
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert total == pytest.approx(want)
    assert abs(parts.within) < 0.01
    shares = np.bincount(labels) / len(labels)
    assert parts.uncertainty == pytest.approx((shares * (1 - shares)).sum())


def test_parts_of_rounded_probabilities_leave_nothing_out():
    probabilities, labels = draw(3, classes=2)
    rounded = (np.floor(probabilities[:, 0] * 5).clip(max=4) + 0.5) / 5  # amid the bins
    parts = BrierParts.of(np.stack([rounded, 1 - rounded], axis=1), labels, bins=5)
    assert parts.within == pytest.approx(0, abs=1e-12)
    forecasts = np.unique(rounded)
    want = sum(
        (rounded == one).mean() * (one - (labels[rounded == one] == 0).mean()) ** 2
        for one in forecasts
    )
    assert parts.reliability == pytest.approx(2 * want)


def test_shares_of_the_classes_have_no_resolution():
    labels = np.array([0, 0, 1])
    parts = BrierParts.of(np.tile([2 / 3, 1 / 3], (3, 1)), labels)
    assert (parts.reliability, parts.resolution) == pytest.approx((0, 0))
