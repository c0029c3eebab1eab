from __future__ import annotations

import numpy as np
import pytest

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions
from lfx.evaluation.reported import reported_in_place_of_test, reported_split
from lfx.evaluation.splits import evaluate_splits


@pytest.mark.parametrize(
    ("splits", "reported"),
    [
        (["val", "test", "oof", "predict"], "test"),
        (["val", "oof", "predict"], "predict"),
        (["val", "oof"], "oof"),
        (["train", "val"], "val"),
        (["val", "leaky", "complete"], "val"),
        (["train"], None),
        ([], None),
    ],
)
def test_what_was_least_involved_in_training_is_reported(splits, reported):
    assert reported_split(splits) == reported
    assert reported_split(reversed(splits)) == reported


def test_what_is_reported_in_place_of_test_is_said():
    sentence = "no labelled test samples: val is reported, which also stopped the training"
    assert reported_in_place_of_test({"val": {}}) == sentence
    assert reported_in_place_of_test(["val"], "it").endswith("which also stopped it")
    assert "oof is reported, whose rows their models have not seen" in str(
        reported_in_place_of_test(["oof"])
    )
    for splits in (["val", "test"], ["val", "predict"], []):
        assert reported_in_place_of_test(splits) is None


def test_some_of_the_rows_are_scored():
    metadata = Metadata(
        ("a", "b"), "text", "text", "d", "s", 0, "c", "2026-01-01T00:00:00+00:00", {}
    )
    columns = {"sample_id": list("abcd"), "split": ["val"] * 3 + ["test"], "label": [0, 0, 1, None]}
    predictions = Predictions.from_columns(columns, [[1.0, 0.0]] * 4, metadata)
    among = np.array([True, False, True, True])
    assert evaluate_splits(predictions, ("val", "test"))["val"]["accuracy"] == pytest.approx(2 / 3)
    scores = evaluate_splits(predictions, ("val", "test"), among)
    assert list(scores) == ["val"]
    assert (scores["val"]["accuracy"], scores["val"]["support"]) == (0.5, 2)
