from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.artifacts.join import join
from lfx.runtime.errors import ArtifactError

ROWS = [
    ("a", "val", None, 0),
    ("b", "val", None, 1),
    ("c", "test", None, 2),
    ("d", "test", None, 0),
]


def test_rows_meet_on_ids(make):
    image = make(ROWS, logits=[[1, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]])
    text = make(ROWS[::-1], logits=[[40, 0, 0], [30, 0, 0], [20, 0, 0], [10, 0, 0]], name="text")
    joined = join({"text": text, "image": image})
    assert joined.names == ("image", "text")
    assert joined.classes == ("negative", "neutral", "positive")
    assert joined.sample_id.tolist() == ["a", "b", "c", "d"]
    assert joined.group.tolist() == ["a", "b", "c", "d"]
    assert joined.split.tolist() == ["val", "val", "test", "test"]
    assert joined.label.tolist() == [0, 1, 2, 0]
    assert joined.label.dtype == np.int16
    assert joined.rows("test").tolist() == [False, False, True, True]
    assert joined.probabilities.dtype == np.float64
    assert joined.probabilities.shape == (2, 4, 3)
    odds = joined.probabilities[:, :, 0] / joined.probabilities[:, :, 1]
    np.testing.assert_allclose(np.log(odds), [[1, 2, 3, 4], [10, 20, 30, 40]], rtol=1e-6)
    assert joined.data_fingerprint == "data-1"
    assert joined.split_fingerprint == "split-1"


def test_one_member(make):
    joined = join({"image": make(ROWS)})
    assert joined.names == ("image",)
    np.testing.assert_array_equal(joined.probabilities[0], make(ROWS).probabilities())


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_neither_the_order_of_rows_nor_of_members_matters(make, data):
    rows = [(f"s{n}", "test", fold, n % 3) for n in range(4) for fold in range(3)]
    numbers = st.floats(-20, 20, width=32)
    logits = st.lists(
        st.lists(numbers, min_size=3, max_size=3), min_size=len(rows), max_size=len(rows)
    )
    image, text = make(rows, logits=data.draw(logits)), make(rows, logits=data.draw(logits))
    mixed = image.select(np.array(data.draw(st.permutations(range(len(rows))))))
    one, two = join({"image": image, "text": text}), join({"text": text, "image": mixed})
    assert one.names == two.names
    assert one.sample_id.tolist() == two.sample_id.tolist()
    np.testing.assert_array_equal(one.probabilities, two.probabilities)


def test_folds_are_averaged_as_probabilities(make):
    rows = [("a", "test", 0, 1), ("b", "oof", 0, 0), ("a", "test", 1, 1)]
    cross = make(rows, logits=[[9, 0, 0], [1, 2, 3], [0, 0, 0]])
    single = make([("a", "test", None, 1), ("b", "oof", None, 0)])
    joined = join({"cross": cross, "single": single})
    assert joined.sample_id.tolist() == ["a", "b"]
    assert joined.split.tolist() == ["test", "oof"]
    each = cross.probabilities()
    np.testing.assert_allclose(joined.probabilities[0], [(each[0] + each[2]) / 2, each[1]])


def test_no_members():
    with pytest.raises(ArtifactError, match="no members to join; give at least one"):
        join({})


def test_damaged_member_is_named(make):
    broken = make(logits=[[np.nan, 0, 0], [0, 0, 0], [0, 0, 0]])
    with pytest.raises(ArtifactError, match=r"member text cannot be used .*\n.*NaN .*: a"):
        join({"image": make(), "text": broken})


def test_other_classes_and_other_data(make):
    other = make(classes=("negative", "positive", "neutral"), data_fingerprint="data-2")
    with pytest.raises(ArtifactError, match="do not fit together") as caught:
        join({"image": make(), "text": other})
    text = str(caught.value)
    assert "classes differ: image has ('negative', 'neutral', 'positive'); text has (" in text
    assert "data fingerprints differ: image has 'data-1'; text has 'data-2'" in text
    assert "Train all members on the same data set" in text


def test_other_ids(make):
    other = [("a", "val", None, 0), ("z", "val", None, 1), *ROWS[2:]]
    with pytest.raises(ArtifactError, match="do not fit together") as caught:
        join({"image": make(ROWS), "text": make(other)})
    assert "split val: text lacks 1 samples that image has: b\n" in str(caught.value)
    assert "split val: image lacks 1 samples that text has: z\n" in str(caught.value)
    assert "members.NAME=PATH" in str(caught.value)


def test_other_labels(make):
    other = [("a", "val", None, 2), ("b", "val", None, None), *ROWS[2:]]
    message = r"2 samples have one label in image and another in text: a \(0 and 2\), b \(1 and no"
    with pytest.raises(ArtifactError, match=message):
        join({"image": make(ROWS), "text": make(other)})


def test_other_groups(make):
    other = make(ROWS, group=["a", "b", "c", "c"])
    message = r"1 samples have one group in image and another in text: d \(d and c\)"
    with pytest.raises(ArtifactError, match=message):
        join({"image": make(ROWS), "text": other})


def test_other_splits(make):
    other = [("a", "test", None, 0), ROWS[1], ROWS[2], ("d", "val", None, 0)]
    message = r"2 samples are in one split in image and in another in text: a \(val and test\), d"
    with pytest.raises(ArtifactError, match=message) as caught:
        join({"image": make(ROWS), "text": make(other)})
    assert "lacks" not in str(caught.value)


def test_out_of_fold_is_not_validation(make):
    other = [("a", "oof", 0, 0), ("b", "oof", 1, 1), *ROWS[2:]]
    with pytest.raises(ArtifactError, match=r"another in text: a \(val and oof\), b \(val and oof"):
        join({"image": make(ROWS), "text": make(other)})


def test_the_third_member_counts_too(make):
    with pytest.raises(ArtifactError, match="split test: text lacks 1 samples that audio has: d"):
        join({"text": make(ROWS[:3]), "image": make(ROWS), "audio": make(ROWS)})


def test_a_split_that_one_member_lacks_is_left_out(make, caplog):
    more = [*ROWS, ("e", "train", None, 0)]
    with caplog.at_level(logging.WARNING):
        joined = join({"image": make(more), "text": make(ROWS)})
    assert joined.sample_id.tolist() == ["a", "b", "c", "d"]
    assert "split train is left out of the join: no rows in text" in caplog.text


def test_no_shared_split(make):
    with pytest.raises(ArtifactError, match="no split is in all members: image has val; text has"):
        join({"image": make(ROWS[:2]), "text": make(ROWS[2:])})


def test_split_fingerprints_that_differ_are_all_kept(make):
    one, two = make(split_fingerprint="y"), make(split_fingerprint="x")
    assert join({"one": one, "two": two}).split_fingerprint == "x+y"
    again = make(split_fingerprint="x+y")
    assert join({"one": one, "again": again}).split_fingerprint == "x+y"
