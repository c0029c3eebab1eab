from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lfx.evaluation.cases import find_cases


def test_the_most_confident_case_of_each_kind_comes_first():
    labels = np.array([0, 0, 1, 1, 0, 1])
    one = np.array([[0.1, 0.9]] * 3 + [[0.2, 0.8]] * 3)
    other = np.array([[0.6, 0.4], [0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.3, 0.7], [0.8, 0.2]])
    # 0, 1: wrong, then right; 2, 5: right, then wrong; 3 stays right, 4 stays wrong.
    cases = find_cases(one, other, labels)
    assert cases.corrected.tolist() == [1, 0]
    assert cases.corrupted.tolist() == [5, 2]


def test_equals_stand_in_the_order_of_the_samples():
    one, other = np.array([[0.1, 0.9]] * 4), np.array([[0.6, 0.4]] * 4)
    assert find_cases(one, other, np.zeros(4, dtype=int)).corrected.tolist() == [0, 1, 2, 3]


@given(st.integers(0, 2**31), st.integers(1, 60))
def test_the_difference_in_accuracy_is_mended_less_broken(seed, samples):
    chance = np.random.default_rng(seed)
    one, other = chance.dirichlet(np.ones(3), (2, samples))
    labels = chance.integers(0, 3, samples)
    cases = find_cases(one, other, labels)
    gained = (other.argmax(axis=1) == labels).sum() - (one.argmax(axis=1) == labels).sum()
    assert len(cases.corrected) - len(cases.corrupted) == gained
    back = find_cases(other, one, labels)
    assert set(back.corrected) == set(cases.corrupted)
    assert set(back.corrupted) == set(cases.corrected)
