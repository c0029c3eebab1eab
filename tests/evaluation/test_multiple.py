from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from lfx.evaluation.multiple import holm, letters


@pytest.mark.parametrize("seed", range(10))
def test_holm_like_statsmodels(seed):
    chance = np.random.default_rng(seed)
    p_values = chance.choice([0.001, 0.01, 0.02, 0.04, *chance.random(5)], size=1 + 2 * seed)
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])


def test_no_test_has_nothing_to_adjust():
    assert holm([]).tolist() == []


@given(st.integers(0, 9), st.randoms(use_true_random=False))
def test_models_share_a_letter_where_they_are_not_told_apart(count, chance):
    different = np.zeros((count, count), bool)
    for one in range(count):
        for other in range(one):
            different[one, other] = different[other, one] = chance.random() < 0.4
    found = letters(different)
    assert len(found) == count
    for one in range(count):
        for other in range(count):
            assert bool(set(found[one]) & set(found[other])) != different[one, other]


def test_letters_go_on_after_z():
    found = letters(~np.eye(28, dtype=bool))
    assert (found[0], found[25], found[26], found[27]) == ("a", "z", "aa", "ab")


def test_few_models():
    assert letters(np.zeros((0, 0), bool)) == []
    assert letters(np.zeros((2, 2), bool)) == ["a", "a"]
