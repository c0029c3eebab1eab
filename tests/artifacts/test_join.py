from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax

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
    assert joined.logits.dtype == np.float64
    assert joined.logits.shape == (2, 4, 3)
    np.testing.assert_array_equal(joined.logits[:, :, 0], [[1, 2, 3, 4], [10, 20, 30, 40]])
    assert joined.present.all()
    assert joined.missing() == joined.dropped == {}
    assert joined.data_fingerprint == "data-1"
    assert joined.split_fingerprint == "split-1"


def test_one_member(make):
    joined = join({"image": make(ROWS)})
    assert joined.names == ("image",)
    np.testing.assert_array_equal(joined.logits[0], make(ROWS).logits)


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
    np.testing.assert_array_equal(one.logits, two.logits)


@pytest.mark.parametrize("on_missing", ["renormalise", "drop"])
@pytest.mark.parametrize("taken", [[3, 2, 1, 0], [0, 1, 2, 3], [1, 2], [2, 0, 3]])
def test_equal_columns_of_ids_join_as_others_do(make, taken, on_missing):
    rows = [("d", "val", None, 0), ("c", "val", None, 1), ("b", "test", None, 2), ROWS[0]]
    own = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    one = make(rows, logits=own, group=["d", "x", "b", "d"])
    members = {"one": one, "same": one, "other": one.select(np.array(taken))}
    joined = join(members, on_missing)
    order = sorted(taken if on_missing == "drop" else range(4), key=lambda row: rows[row][1::-1])
    order.sort(key=lambda row: rows[row][1] == "test")
    assert joined.sample_id.tolist() == [rows[row][0] for row in order]
    assert joined.group.tolist() == one.group[order].tolist()
    assert joined.label.tolist() == one.label[order].tolist()
    at_other = joined.present[joined.names.index("other")]
    assert at_other.tolist() == [row in taken for row in order]
    for has, said in zip(joined.present, joined.logits, strict=True):
        np.testing.assert_array_equal(said[has], one.logits[order][has])
    made = joined.predictions(joined.logits[0].astype(np.float32), one.metadata)
    assert made.split.tolist() == joined.split.tolist()
    assert made.rows("test").tolist() == joined.rows("test").tolist()


def test_rows_in_order_are_taken_as_they_are(make):
    ordered = make(ROWS)
    mixed = make(ROWS[::-1], logits=ordered.logits[::-1])
    one, two = join({"a": ordered}), join({"a": mixed})
    assert one.sample_id.tolist() == two.sample_id.tolist()
    np.testing.assert_array_equal(one.logits, two.logits)


def test_equal_columns_of_ids_with_folds(make):
    rows = [("b", "test", 0, 1), ("a", "oof", 1, 0), ("b", "test", 1, 1)]
    cross = make(rows, logits=[[9, 0, 0], [1, 2, 3], [0, 0, 0]])
    alone, both = join({"one": cross}), join({"one": cross, "two": cross})
    assert both.sample_id.tolist() == ["b", "a"]
    np.testing.assert_array_equal(both.logits, np.repeat(alone.logits, 2, axis=0))


def test_folds_are_averaged_as_probabilities(make):
    rows = [("a", "test", 0, 1), ("b", "oof", 0, 0), ("a", "test", 1, 1)]
    cross = make(rows, logits=[[9, 0, 0], [1, 2, 3], [0, 0, 0]])
    single = make([("a", "test", None, 1), ("b", "oof", None, 0)])
    joined = join({"cross": cross, "single": single})
    assert joined.sample_id.tolist() == ["a", "b"]
    assert joined.split.tolist() == ["test", "oof"]
    each = cross.probabilities()
    said = softmax(joined.logits, axis=2)
    np.testing.assert_allclose(said[0], [(each[0] + each[2]) / 2, each[1]])
    # The level of the logits, of which softmax knows nothing, is averaged too.
    levels = logsumexp(cross.logits.astype(float), axis=1)
    want = [(levels[0] + levels[2]) / 2, levels[1]]
    np.testing.assert_allclose(logsumexp(joined.logits[0], axis=1), want)


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
    assert "lacks 1" not in str(caught.value)


def test_out_of_fold_is_not_validation(make):
    other = [("a", "oof", 0, 0), ("b", "oof", 1, 1), *ROWS[2:]]
    with pytest.raises(ArtifactError, match=r"another in text: a \(val and oof\), b \(val and oof"):
        join({"image": make(ROWS), "text": make(other)})
    message = r"text cross-validated \(data.folds\), audio, image not: train all members in one of"
    with pytest.raises(ArtifactError, match=message):
        join({"image": make(ROWS), "text": make(other), "audio": make(ROWS)})


def test_the_third_member_counts_too(make):
    with pytest.raises(ArtifactError, match="split test: text lacks 1 samples that audio has: d"):
        join({"text": make(ROWS[:3]), "image": make(ROWS), "audio": make(ROWS)})


def test_a_split_that_one_member_lacks_is_left_out(make, caplog):
    more = [*ROWS, ("e", "train", None, 0)]
    with caplog.at_level(logging.WARNING):
        joined = join({"image": make(more), "text": make(ROWS)})
    assert joined.sample_id.tolist() == ["a", "b", "c", "d"]
    assert "split train is left out of the join: no rows in text" in caplog.text


def test_a_split_that_one_member_lacks_stays_for_the_others_where_asked(make, caplog):
    with caplog.at_level(logging.WARNING):
        joined = join({"image": make(ROWS[:2]), "text": make(ROWS)}, "renormalise")
    assert joined.sample_id.tolist() == ["a", "b", "c", "d"]
    assert joined.complete.tolist() == [True, True, False, False]
    assert joined.missing() == {"image": {"test": 2}}
    assert "split test: no rows in image, so members cannot be compared there" in caplog.text
    dropped = join({"image": make(ROWS[:2]), "text": make(ROWS)}, "drop")
    assert dropped.sample_id.tolist() == ["a", "b"]
    assert "split test is left out of the join: no rows in image" in caplog.text


def test_no_shared_split(make):
    with pytest.raises(ArtifactError, match="no split is in all members: image has val; text has"):
        join({"image": make(ROWS[:2]), "text": make(ROWS[2:])})


def test_split_fingerprints_that_differ_are_all_kept(make):
    one, two = make(split_fingerprint="y"), make(split_fingerprint="x")
    assert join({"one": one, "two": two}).split_fingerprint == "x+y"
    again = make(split_fingerprint="x+y")
    assert join({"one": one, "again": again}).split_fingerprint == "x+y"


def test_seen_is_that_of_any_member(make):
    image = make(ROWS, seen=[True, False, None, False])
    text = make(ROWS[:3], seen=[None, None, False])
    joined = join({"image": image, "text": text}, "renormalise")
    assert joined.seen.tolist() == [[1, 0, -1, 0], [-1, -1, 0, 0]]
    logits = joined.logits[0].astype(np.float32)
    assert joined.predictions(logits, image.metadata).seen.tolist() == [1, -1, -1, 0]
    own = np.array([0, 0, 0, 1], np.int8)
    assert joined.predictions(logits, image.metadata, own).seen.tolist() == own.tolist()


def test_columns_of_all_members(make):
    image, text = make(ROWS, columns={"image": "i1"}), make(ROWS, columns={"text": "t1"})
    joint = make(ROWS, columns={"text": "t2", "image": "i1"})
    assert join({"a": image, "b": text}).columns == {"image": "i1", "text": "t1"}
    assert join({"a": image, "b": text, "c": joint}).columns == {"image": "i1", "text": "t1+t2"}
    again = make(ROWS, columns={"text": "t1+t2"})
    assert join({"a": again, "b": text}).columns == {"text": "t1+t2"}


def test_fingerprints_are_compared_among_equals(make):
    old, new = {"schema_version": 1, "data_fingerprint": "of texts too"}, {}
    joined = join({"image": make(ROWS, **old), "text": make(ROWS, **new)})
    assert (joined.data_fingerprint, joined.fingerprint_schema) == ("data-1", 2)
    joined = join({"image": make(ROWS, **old), "text": make(ROWS, **old)})
    assert (joined.data_fingerprint, joined.fingerprint_schema) == ("of texts too", 1)
    third = make(ROWS, **old | {"data_fingerprint": "of others"})
    with pytest.raises(ArtifactError, match="differ: image has 'of texts too'; third has 'of oth"):
        join({"image": make(ROWS, **old), "text": make(ROWS), "third": third})
    # A copy of schema 1 in schema 2 is no equal either.
    copied = make(ROWS, fingerprint_schema=1, data_fingerprint="of texts too")
    assert join({"image": copied, "text": make(ROWS)}).data_fingerprint == "data-1"
    assert join({"image": copied, "text": make(ROWS, **old)}).fingerprint_schema == 1


@pytest.mark.parametrize("on_missing", ["error", "renormalise"])
def test_members_that_nothing_relates_are_refused(make, on_missing):
    others = [(f"x{name}", split, fold, label) for name, split, fold, label in ROWS]
    old = make(others, schema_version=1, data_fingerprint="of texts too")
    members = {"old": old, "text": make(ROWS), "image": make(ROWS)}
    message = r"old \(data fingerprint of schema 1\) shares no sample with image, text"
    with pytest.raises(ArtifactError, match=message):
        join(members, on_missing)
    if on_missing == "renormalise":  # with equal fingerprints they are known to belong together
        assert len(join(members | {"old": make(others)}, on_missing).sample_id) == 8


def test_what_contradicts_is_refused_whatever_the_schemas(make):
    old = {"schema_version": 1, "data_fingerprint": "of texts too"}
    other = [("a", "val", None, 2), *ROWS[1:]]
    with pytest.raises(ArtifactError, match=r"1 samples have one label .*: a \(2 and 0\)"):
        join({"image": make(other, **old), "text": make(ROWS)})
    grouped = make(ROWS, group=["a", "b", "c", "c"], **old)
    with pytest.raises(ArtifactError, match=r"1 samples have one group .*: d \(c and d\)"):
        join({"image": grouped, "text": make(ROWS)})


GAPPED = [ROWS[0], ROWS[2], ROWS[3], ("e", "test", None, 1)]


def test_a_sample_that_a_member_lacks_stays_for_the_others(make):
    image, text = make(ROWS), make(GAPPED, seed=1)
    joined = join({"image": image, "text": text}, "renormalise")
    assert joined.sample_id.tolist() == ["a", "b", "c", "d", "e"]
    assert joined.label.tolist() == [0, 1, 2, 0, 1]
    assert joined.present.tolist() == [[True] * 4 + [False], [True, False, True, True, True]]
    assert joined.missing() == {"image": {"test": 1}, "text": {"val": 1}}
    np.testing.assert_array_equal(joined.logits[0, :4], image.logits)
    np.testing.assert_array_equal(joined.logits[1, [0, 2, 3, 4]], text.logits)
    assert (joined.logits[~joined.present] == 0).all()


def test_a_sample_that_a_member_lacks_can_be_left_out(make):
    joined = join({"image": make(ROWS), "text": make(GAPPED)}, "drop")
    assert joined.sample_id.tolist() == ["a", "c", "d"]
    assert joined.dropped == {"val": 1, "test": 1}
    assert joined.missing() == {}
    with pytest.raises(ArtifactError, match="no sample is in all members"):
        join({"image": make([ROWS[0]]), "text": make([ROWS[1]])}, "drop")


@pytest.mark.parametrize("on_missing", ["renormalise", "drop"])
def test_contradictions_are_refused_all_the_same(make, on_missing):
    other = [("b", "val", None, 2), *ROWS[2:]]
    with pytest.raises(ArtifactError, match=r"1 samples have one label .* text: b \(1 and 2\)"):
        join({"image": make(ROWS), "text": make(other)}, on_missing)
    # The first member knows nothing of it; the second and third disagree.
    first, second, third = ROWS[:1], ROWS[:2], [ROWS[0], ("b", "val", None, 0)]
    with pytest.raises(ArtifactError, match=r"label in b and another in c: b \(1 and 0\)"):
        join({"a": make(first), "b": make(second), "c": make(third)}, on_missing)


def test_unknown_on_missing(make):
    with pytest.raises(ValueError, match="allowed are error, renormalise, drop; got 'guess'"):
        join({"image": make()}, "guess")
