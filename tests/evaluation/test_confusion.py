from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix

from lfx.evaluation.confusion import confusion


def test_rows_are_labels_and_columns_predictions():
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    labels = np.array([0, 1, 1], dtype=np.int16)
    assert confusion(probabilities, labels).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_against_scikit_learn():
    chance = np.random.default_rng(0)
    probabilities = chance.dirichlet(np.ones(4), 200)
    labels = chance.integers(0, 4, 200)
    expected = confusion_matrix(labels, probabilities.argmax(axis=1), labels=range(4))
    np.testing.assert_array_equal(confusion(probabilities, labels), expected)
