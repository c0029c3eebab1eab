from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from lfx.modalities.vector.standardize import LARGEST, Standardize, moments


def test_moments_are_those_of_all_steps(sequences):
    mean, spread = moments(sequences)
    whole = StandardScaler().fit(np.concatenate(sequences).astype(np.float64))
    assert mean == pytest.approx(whole.mean_, rel=1e-12)
    assert spread == pytest.approx(whole.scale_, rel=1e-12)


def test_the_train_split_has_mean_0_and_spread_1(sequences):
    standardised = Standardize.learned(sequences)(torch.from_numpy(np.concatenate(sequences)))
    assert standardised.mean(dim=0).numpy() == pytest.approx(np.zeros(4), abs=1e-6)
    assert standardised.std(dim=0, correction=0).numpy() == pytest.approx(np.ones(4), rel=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e6, 3e38, 1e-38])
def test_a_feature_that_never_changes_becomes_0(value):
    steps = np.full((1001, 2), value, dtype=np.float32)
    steps[:, 1] = np.arange(1001)
    standardize = Standardize.learned([steps[:3], steps[3:]])
    assert standardize.spread[0] == 0
    standardised = standardize(torch.from_numpy(steps))
    assert torch.equal(standardised[:, 0], torch.zeros(1001))
    assert standardised[:, 1].std(correction=0) == pytest.approx(1, rel=1e-5)
    # Other numbers there, in other splits, are no outliers either.
    assert standardize(torch.tensor([[5.0, 500.0]]))[0, 0] == 0


def test_large_and_small_numbers_are_no_trouble():
    steps = np.array([[1e38, 1e-30], [-1e38, 3e-30], [2e38, 2e-30]], dtype=np.float32)
    standardised = Standardize.learned([steps])(torch.from_numpy(steps))
    assert torch.isfinite(standardised).all()
    assert standardised.std(dim=0, correction=0).numpy() == pytest.approx([1, 1], rel=1e-4)


def test_what_was_learned_is_in_the_state(sequences):
    standardize = Standardize.learned(sequences)
    assert standardize.state_dict().keys() == {"mean", "scale"}
    again = Standardize(standardize.width)
    again.load_state_dict(standardize.state_dict())
    values = torch.from_numpy(sequences[0])
    assert torch.equal(again(values), standardize(values))
    assert np.array_equal(again.spread, standardize.spread)


@pytest.mark.parametrize("value", [1e-39, 1e-42, 1e-45])
def test_a_feature_whose_spread_has_no_inverse_in_float32_becomes_0(value):
    steps = np.array([[0, 1], [value, 2], [-value, 3]], dtype=np.float32)
    standardize = Standardize.learned([steps])
    assert standardize.spread.tolist() == pytest.approx([0, np.std([1, 2, 3])])
    standardised = standardize(torch.from_numpy(np.concatenate([steps, [[5, 2]]]).astype("f4")))
    assert torch.equal(standardised[:, 0], torch.zeros(4))
    assert torch.isfinite(standardised).all()


@pytest.mark.parametrize("spread", [np.finfo("f4").tiny * 1.01, LARGEST])
def test_the_least_and_the_largest_spread_are_standardised(spread):
    steps = np.array([[spread], [-spread]] * 3, dtype=np.float32)
    standardize = Standardize.learned([steps])
    standardised = standardize(torch.from_numpy(steps))
    assert standardised[:, 0].tolist() == pytest.approx([1, -1] * 3, rel=1e-5)
    assert standardize.spread == pytest.approx(spread, rel=1e-5)


def test_numbers_of_the_largest_size_stay_finite():
    steps = torch.tensor([[LARGEST], [-LARGEST], [-LARGEST], [-LARGEST]])
    standardised = Standardize.learned([steps.numpy()])(steps)
    assert standardised[:, 0].tolist() == pytest.approx([3**0.5, *[-(3**-0.5)] * 3], rel=1e-5)
