from __future__ import annotations

from dataclasses import replace

import pytest

from lfx.data.column import TextColumn
from lfx.data.samples import SampleTable
from lfx.runtime.errors import DataError

TABLE = SampleTable(
    classes=("bad", "good"),
    ids=("a", "b", "c"),
    labels=(0, None, 1),
    groups=("a", "b", "c"),
    splits=("train", "val", None),
    columns={"text": TextColumn(["one", None, "three"])},
)


def test_order_does_not_matter_to_fingerprints(tmp_path):
    other = TABLE.at([2, 0, 1])
    assert other.ids.tolist() == ["c", "a", "b"]
    assert other.data_fingerprint() == TABLE.data_fingerprint()
    assert other.split_fingerprint() == TABLE.split_fingerprint()
    texts = [table.column_fingerprint("text", tmp_path) for table in (TABLE, other)]
    assert texts[0] == texts[1]
    assert len(TABLE.data_fingerprint()) == len(TABLE.split_fingerprint()) == len(texts[0]) == 32


def test_a_part_has_the_fingerprints_of_the_whole(tmp_path):
    part = TABLE.part([0, 2])
    assert part.ids.tolist() == ["a", "c"]
    assert TABLE.at([0, 2]).data_fingerprint() != TABLE.data_fingerprint()
    for table in (part, part.part([1])):
        assert table.data_fingerprint() == TABLE.data_fingerprint()
        assert table.split_fingerprint() == TABLE.split_fingerprint()
        whole = TABLE.column_fingerprint("text", tmp_path)
        assert table.column_fingerprint("text", tmp_path) == whole


@pytest.mark.parametrize(
    "change",
    [
        {"ids": ("a", "b", "x")},
        {"labels": (0, 0, 1)},
        {"labels": (0, None, 0)},
        {"labels": (1, None, 0)},
        {"classes": ("bad", "fine")},
        {"classes": ("good", "bad")},
        {"ids": ("b", "a", "c")},
    ],
)
def test_any_change_of_the_data_changes_the_fingerprint(change):
    assert replace(TABLE, **change).data_fingerprint() != TABLE.data_fingerprint()


@pytest.mark.parametrize(
    "texts",
    [["one", "", "three"], ["one", None, "thrEe"], ["three", None, "one"], ["onet", None, "hree"]],
)
def test_what_a_column_holds_changes_its_own_fingerprint_alone(tmp_path, texts):
    other = replace(TABLE, columns={"text": TextColumn(texts)})
    assert other.data_fingerprint() == TABLE.data_fingerprint()
    fingerprints = [one.column_fingerprint("text", tmp_path) for one in (TABLE, other)]
    assert fingerprints[0] != fingerprints[1]


def test_splits_have_a_fingerprint_of_their_own():
    other = replace(TABLE, splits=("val", "train", None))
    assert other.data_fingerprint() == TABLE.data_fingerprint()
    assert other.split_fingerprint() != TABLE.split_fingerprint()


def test_rows_counts_and_present_splits():
    assert TABLE.rows("train") == [0]
    assert TABLE.rows("test") == []
    assert TABLE.class_counts([0, 1, 2]) == [1, 1]
    assert TABLE.present_splits() == ("train", "val")
    assert len(TABLE) == 3


def test_labels_follow_a_models_classes():
    table = TABLE.with_classes(["good", "ugly", "bad"])
    assert table.labels.tolist() == [2, -1, 0]
    assert table.classes == ("good", "ugly", "bad")
    unlabelled = replace(TABLE, classes=(), labels=(None, None, None))
    assert unlabelled.with_classes(["x", "y"]).labels.tolist() == [-1, -1, -1]
    with pytest.raises(DataError, match=r"does not know: bad; it knows good, ugly"):
        TABLE.with_classes(["good", "ugly"])
