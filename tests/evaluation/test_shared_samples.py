from __future__ import annotations

import numpy as np
import pytest

from lfx.artifacts.join import join
from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions
from lfx.evaluation.shared_samples import SharedSamples, split_samples
from lfx.runtime.errors import FusionError

ABOUT = Metadata(
    classes=("a", "b"),
    modality="text",
    name="text",
    data_fingerprint="d",
    split_fingerprint="s",
    seed=0,
    config_hash="c",
    created="2026-01-01T00:00:00+00:00",
    versions={},
)


def predicted(ids, splits, labels, seen=None, groups=None):
    logits = [[1.0, 0.0] for _ in ids]
    columns = {"sample_id": ids, "split": splits, "label": labels, "group": groups or ids}
    columns |= {} if seen is None else {"seen": seen}
    return Predictions.from_columns(columns, logits, ABOUT)


def test_the_samples_that_all_have_and_those_not_seen():
    other = predicted("abc", ["test"] * 3, [0, 1, 0], [False, None, False], ["g", "g", "c"])
    one = predicted(
        "abcd", ["test"] * 4, [0, 1, 0, None], [True, False, False, False], ["g", "g", "c", "d"]
    )
    split, samples, unseen = split_samples(join({"x": one, "y": other}, "renormalise"), None)
    assert split == "test"
    assert samples.names == ("x", "y")
    assert samples.labels.tolist() == [0, 1, 0]
    assert samples.groups.tolist() == [1, 1, 0]
    assert (samples.group_count, samples.independent) == (2, False)
    assert unseen.labels.tolist() == [1, 0]  # unknown is not seen
    assert unseen.independent


def test_where_nothing_was_seen_there_is_no_second_set():
    one = predicted("ab", ["val", "val"], [0, 1], [False, False])
    split, _, unseen = split_samples(join({"x": one, "y": one}), None)
    assert (split, unseen) == ("val", None)


def test_what_cannot_be_compared_is_told():
    one = predicted("ab", ["val", "test"], [0, None])
    joined = join({"x": one, "y": one})
    with pytest.raises(FusionError, match=r"no labelled sample of test is in all members \(x, y"):
        split_samples(joined, "test")
    with pytest.raises(FusionError, match="takes two members or more; there is x alone"):
        split_samples(join({"x": one}), None)
    with pytest.raises(FusionError, match="against=z: there is no such member; there are x, y"):
        split_samples(joined, None, "z")
    assert SharedSamples.of_split(joined, "oof") is None
    nobody = join({"x": predicted("a", ["test"], [None]), "y": predicted("a", ["test"], [None])})
    with pytest.raises(FusionError, match="no labelled sample of any split"):
        split_samples(nobody, None)


def test_shapes_of_probabilities():
    samples = SharedSamples.of(["m"], ["a", "b"], [[[0.2, 0.8]]], [1])
    assert samples.right.tolist() == [[True]]
    assert samples.groups.dtype == np.int64
