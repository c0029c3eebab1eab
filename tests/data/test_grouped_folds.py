"""The folds of scikit-learn, sample by sample."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from lfx.data.grouped_folds import stratified_group_folds


@pytest.mark.parametrize("seed", range(40))
def test_folds_are_those_of_scikit_learn(seed):
    chance = np.random.default_rng(seed)
    samples, classes = int(chance.integers(40, 400)), int(chance.integers(2, 7))
    count = int(chance.integers(2, 11))
    shares = chance.dirichlet(np.full(classes, 2.0))
    labels = chance.choice(classes, size=samples, p=shares)
    # From a few large groups to one for almost every sample.
    numbers = chance.integers(chance.integers(count + 5, samples), size=samples)
    groups = np.array([f"g{number}" for number in numbers], dtype=object)
    assert len(set(groups)) >= count
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with fewer samples than folds
        folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        expected = [fold for _, fold in folds.split(np.zeros(samples), labels, groups)]
    found = stratified_group_folds(labels, groups, count, seed)
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one, other)


def test_classes_smaller_than_the_number_of_folds_are_refused():
    groups = [f"g{row}" for row in range(6)]
    with pytest.raises(ValueError, match="no class has 4 samples"):
        stratified_group_folds([0, 0, 0, 1, 1, 1], groups, 4, 0)
