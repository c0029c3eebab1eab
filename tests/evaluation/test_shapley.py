from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from lfx.evaluation.shapley import leave_one_out, shapley_values


@pytest.mark.parametrize("members", [1, 2, 3, 4])
def test_like_the_mean_over_all_orders(members):
    values = np.random.default_rng(members).random((1 << members, 5))
    want = np.zeros((members, 5))
    orders = list(permutations(range(members)))
    for order in orders:
        before = 0
        for member in order:
            want[member] += values[before | 1 << member] - values[before]
            before |= 1 << member
    found = shapley_values(values)
    np.testing.assert_allclose(found, want / len(orders))
    np.testing.assert_allclose(found.sum(axis=0), values[-1] - values[0])


def test_what_is_lost_without_a_member():
    values = np.array([0.1, 0.5, 0.6, 0.9])
    np.testing.assert_allclose(leave_one_out(values), [0.3, 0.4])


def test_a_subset_is_missing():
    with pytest.raises(ValueError, match=r"all subsets are needed, 2 \*\* members; got 3"):
        shapley_values(np.zeros(3))
