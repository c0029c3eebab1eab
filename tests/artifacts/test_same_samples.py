from __future__ import annotations

import numpy as np
import pytest

from lfx.artifacts.same_samples import are_samples_of

CLASSES = ("negative", "neutral", "positive")
IDS = ["b", "a", "c", "d"]
LABELS = [None, 0, 2, 1]


@pytest.mark.parametrize(
    ("ids", "labels"),
    [
        (IDS, LABELS),
        (tuple(IDS), tuple(LABELS)),
        (np.array(IDS, dtype=object), np.array([-1, 0, 2, 1])),
    ],
)
def test_rows_are_samples_of_a_table_with_the_same_labels(make, ids, labels):
    predictions = make()  # a: negative, b: unlabelled, c: positive
    assert are_samples_of(predictions, ids, labels, CLASSES)
    assert not are_samples_of(predictions, ids[:2], labels[:2], CLASSES)  # c is not there


def test_labels_are_compared_by_name(make):
    predictions = make()
    turned = ("positive", "neutral", "negative")
    assert are_samples_of(predictions, IDS, [None, 2, 0, 1], turned)
    assert not are_samples_of(predictions, IDS, LABELS, turned)


@pytest.mark.parametrize("labels", [[1, 0, 2, 1], [None, 0, None, 1], [None, 0, 1, 1]])
def test_another_label_is_another_sample(make, labels):
    assert not are_samples_of(make(), IDS, labels, CLASSES)


def test_an_unlabelled_row_of_another_data_set_is_none_of_the_table(make):
    assert not are_samples_of(make([("z", "predict", None, None)]), IDS, LABELS, CLASSES)
