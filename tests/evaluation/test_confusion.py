from __future__ import annotations

import numpy as np
import torch
from sklearn.metrics import confusion_matrix

from lfx.evaluation.confusion import confusion


def test_rows_are_labels_and_columns_predictions():
    predicted, labels = torch.tensor([0, 1, 0]), torch.tensor([0, 1, 1], dtype=torch.int16)
    assert confusion(predicted, labels, 3).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_against_scikit_learn():
    chance = np.random.default_rng(0)
    predicted, labels = chance.integers(0, 4, 200), chance.integers(0, 4, 200)
    expected = confusion_matrix(labels, predicted, labels=range(4))
    got = confusion(torch.from_numpy(predicted), torch.from_numpy(labels), 4)
    np.testing.assert_array_equal(got, expected)
