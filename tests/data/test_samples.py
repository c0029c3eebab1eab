from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lfx.data.samples import SampleTable
from lfx.runtime.errors import DataError

TABLE = SampleTable(
    classes=("bad", "good"),
    ids=("a", "b", "c"),
    texts=("one", "two", "three"),
    images=(Path("a.jpg"), Path("b.jpg"), Path("c.jpg")),
    digests=("d1", "d2", "d3"),
    labels=(0, None, 1),
    groups=("a", "b", "c"),
    splits=("train", "val", None),
)


def reordered(table, order):
    columns = ("ids", "texts", "images", "digests", "labels", "groups", "splits")
    return replace(
        table, **{name: tuple(getattr(table, name)[row] for row in order) for name in columns}
    )


def test_order_and_places_of_files_do_not_matter_to_fingerprints():
    other = reordered(TABLE, [2, 0, 1])
    assert other.data_fingerprint() == TABLE.data_fingerprint()
    assert other.split_fingerprint() == TABLE.split_fingerprint()
    moved = replace(TABLE, images=tuple(Path("elsewhere") / path for path in TABLE.images))
    assert moved.data_fingerprint() == TABLE.data_fingerprint()
    assert len(TABLE.data_fingerprint()) == len(TABLE.split_fingerprint()) == 32


@pytest.mark.parametrize(
    "change",
    [
        {"ids": ("a", "b", "x")},
        {"texts": ("one", "two", "thrEe")},
        {"digests": ("d1", "d2", "d4")},
        {"labels": (0, 0, 1)},
        {"labels": (0, None, 0)},
        {"labels": (1, None, 0)},
        {"classes": ("bad", "fine")},
        {"classes": ("good", "bad")},
        # The same strings at other samples.
        {"texts": ("two", "one", "three")},
    ],
)
def test_any_change_of_the_data_changes_the_fingerprint(change):
    assert replace(TABLE, **change).data_fingerprint() != TABLE.data_fingerprint()


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
    assert table.labels == (2, None, 0)
    assert table.classes == ("good", "ugly", "bad")
    unlabelled = replace(TABLE, classes=(), labels=(None, None, None))
    assert unlabelled.with_classes(["x", "y"]).labels == (None, None, None)
    with pytest.raises(DataError, match=r"does not know: bad; it knows good, ugly"):
        TABLE.with_classes(["good", "ugly"])
