from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from lfx.evaluation.calibration_error import expected_calibration_error


@pytest.mark.parametrize("samples", [1, 20, 500])
@pytest.mark.parametrize("bins", [1, 2, 15])
def test_like_torchmetrics(samples, bins):
    chance = np.random.default_rng(samples)
    probabilities = torch.from_numpy(chance.dirichlet(np.full(4, 0.4), size=samples))
    labels = torch.from_numpy(chance.integers(0, 4, size=samples))
    want = multiclass_calibration_error(probabilities, labels, 4, n_bins=bins).item()
    got = expected_calibration_error(probabilities, labels, bins)
    assert got == pytest.approx(want, abs=1e-6)  # theirs is in float32


def test_bins_hold_their_lower_bounds_as_in_torchmetrics():
    confidence = torch.tensor([0.5, 0.625, 0.75, 0.875, 1.0, 1.0], dtype=torch.float64)
    probabilities = torch.stack([confidence, 1 - confidence], dim=1)
    labels = torch.tensor([1, 0, 0, 1, 1, 0])
    want = multiclass_calibration_error(probabilities, labels, 2, n_bins=4).item()
    assert expected_calibration_error(probabilities, labels, 4) == pytest.approx(want, abs=1e-6)
    # [0.5, 0.75) is off by 0.125, [0.75, 1) by 0.625, and 1 by 1.
    assert want == pytest.approx((0.125 + 0.625 + 1.0) / 6)


def test_by_hand():
    # 0.6 and 0.65 share a bin of ten, and one of them is right: |0.5 - 0.625|; 0.95 is right: 0.05.
    probabilities = torch.tensor([[0.6, 0.4], [0.35, 0.65], [0.95, 0.05]], dtype=torch.float64)
    got = expected_calibration_error(probabilities, torch.tensor([0, 0, 0]), bins=10)
    assert got == pytest.approx((2 * 0.125 + 0.05) / 3)


def test_a_sure_model_that_is_wrong_is_as_far_off_as_can_be():
    assert expected_calibration_error(torch.tensor([[1.0, 0.0]]), torch.tensor([1])) == 1
