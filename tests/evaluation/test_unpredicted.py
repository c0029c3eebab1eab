from __future__ import annotations

import numpy as np

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions
from lfx.evaluation.unpredicted import unpredicted_classes

ABOUT = Metadata(
    classes=("bad", "odd", "good"),
    modality="text",
    name="text",
    data_fingerprint="d",
    split_fingerprint="s",
    seed=0,
    config_hash="c",
    created="2024-05-06T07:08:09+00:00",
    versions={},
)


def _predictions(labels: list[int | None], predicted: list[int], split: str) -> Predictions:
    columns = {
        "sample_id": [f"s{row}" for row in range(len(labels))],
        "split": [split] * len(labels),
        "fold": [None] * len(labels),
        "label": labels,
    }
    return Predictions.from_columns(columns, np.eye(3)[predicted], ABOUT)


def test_a_class_that_is_there_and_never_predicted_is_named_with_split_and_size():
    found = unpredicted_classes(_predictions([0, 1, 1, 2], [0, 0, 2, 2], "test"))
    expected = "classes that are never predicted on test (n = 4), with their numbers of samples"
    assert found == [f"text: {expected}: odd (2)"]


def test_nothing_is_said_of_a_class_that_is_predicted_wrongly_or_has_no_samples():
    assert unpredicted_classes(_predictions([0, 1, 2], [1, 2, 0], "val")) == []
    assert unpredicted_classes(_predictions([0, 0, 2], [0, 0, 2], "val")) == []


def test_rows_without_a_label_and_the_train_split_do_not_count():
    assert unpredicted_classes(_predictions([0, None, 2], [0, 0, 2], "val")) == []
    assert unpredicted_classes(_predictions([0, 1, 2], [0, 0, 0], "train")) == []
