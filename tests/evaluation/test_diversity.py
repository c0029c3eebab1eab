from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from lfx.evaluation.diversity import Diversity


@pytest.mark.parametrize("seed", range(5))
def test_like_scikit_learn_and_counting(seed):
    chance = np.random.default_rng(seed)
    first, second, labels = chance.integers(0, 4, (3, 200))
    found = Diversity.of(first, second, labels)
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second))
    assert found.agreement == np.mean(first == second)
    table = np.zeros((2, 2))
    for one, other, label in zip(first, second, labels, strict=True):
        table[int(one == label), int(other == label)] += 1
    both, neither = table[1, 1], table[0, 0]
    want = both * neither - table[1, 0] * table[0, 1]
    assert found.q == pytest.approx(want / (both * neither + table[1, 0] * table[0, 1]))
    assert found.double_fault == neither / 200
    assert found.oracle == 1 - neither / 200


def test_models_that_never_differ_or_never_err():
    labels = np.array([0, 0, 1])
    found = Diversity.of(labels * 0, labels * 0, labels)
    assert (found.agreement, found.kappa, found.double_fault) == (1, 0, pytest.approx(1 / 3))
    assert found.q == 1
    assert Diversity.of(labels, labels, labels).q is None
