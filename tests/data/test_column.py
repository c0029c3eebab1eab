from __future__ import annotations

import hashlib

import numpy as np
import pytest

from lfx.data.column import FileColumn, NumberColumn, TextColumn, column_of


def columns(tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(b"content")
    return {
        "texts": TextColumn(["one", None, "three"]),
        "files": FileColumn([file, None, b"bytes"]),
        "numbers": NumberColumn.of([[1, 2], None, [[3, 4], [5, 6]]]),
    }


@pytest.mark.parametrize("kind", ["texts", "files", "numbers"])
def test_rows_are_taken_in_any_order_and_some_are_without_content(tmp_path, kind):
    column = columns(tmp_path)[kind]
    assert (column.kind, len(column)) == (kind, 3)
    assert column.present.tolist() == [True, False, True]
    taken = column.at([2, 1, 0, 2])
    assert taken.present.tolist() == [True, False, True, True]
    for row, source in enumerate([2, 1, 0, 2]):
        assert np.array_equal(taken[row], column[source])
    digests = column.digests(tmp_path)
    assert digests[1] is None
    assert taken.digests(tmp_path) == [digests[row] for row in (2, 1, 0, 2)]
    assert len(column.at([])) == 0


@pytest.mark.parametrize("kind", ["texts", "files", "numbers"])
def test_content_is_taken_away(tmp_path, kind):
    column = columns(tmp_path)[kind]
    rest = column.without(np.array([True, True, False]))
    assert rest.present.tolist() == [False, False, True]
    assert rest[0] is None
    assert np.array_equal(rest[2], column[2])
    assert column.present.tolist() == [True, False, True]


def test_a_flaw_follows_its_sample_and_goes_with_its_content():
    column = TextColumn(["one", None, None], {1: "no text"})
    assert column.present.tolist() == [True, True, False]
    taken = column.at([2, 1, 1])
    assert taken.flaws == {1: "no text", 2: "no text"}
    assert column.without(np.array([False, True, False])).flaws == {}


def test_files_are_digested_by_their_bytes_wherever_they_lie(tmp_path):
    column = columns(tmp_path)["files"]
    known = [hashlib.sha256(content).hexdigest() for content in (b"content", b"bytes")]
    assert column.digests(tmp_path / "cache") == [known[0], None, known[1]]
    assert column.is_embedded(2)
    paths = column.files([0, 2], tmp_path / "cache")
    assert [path.read_bytes() for path in paths] == [b"content", b"bytes"]


def test_a_digest_follows_a_change_of_its_file(tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(b"content")
    first = FileColumn([file]).digests(tmp_path / "cache")
    assert FileColumn([file]).digests(tmp_path / "cache") == first
    file.write_bytes(b"other content")
    assert FileColumn([file]).digests(tmp_path / "cache") != first
    file.unlink()
    assert FileColumn([file]).digests(tmp_path / "cache") == [None]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"digests": ["x"], "checksum": "y"}'])
def test_damaged_digests_are_computed_again(tmp_path, content, caplog):
    file = tmp_path / "a.bin"
    file.write_bytes(b"content")
    first = FileColumn([file]).digests(tmp_path / "cache")
    (cached,) = (tmp_path / "cache/digests").iterdir()
    cached.write_bytes(content)
    assert FileColumn([file]).digests(tmp_path / "cache") == first
    assert "is damaged and is made again" in caplog.text


def test_numbers_keep_their_lengths():
    column = NumberColumn.of([[1, 2], None, [[3, 4], [5, 6]], []])
    assert column.width == 2
    assert column.array(0).tolist() == [[1, 2]]
    assert column.array(2).tolist() == [[3, 4], [5, 6]]
    assert column.present.tolist() == [True, False, True, False]
    assert NumberColumn.of([None, None]).present.tolist() == [False, False]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([[1, 2], [1]], r"numbers of features differ between samples: \[1, 2\]"),
        ([[[[1]]]], r"\(features,\) or \(time, features\); got int64 of shape \(1, 1, 1\)"),
        ([["a"]], r"numbers are .*; got <U1 of shape"),
        ([5], r"got int64 of shape \(\)"),
    ],
)
def test_arrays_of_other_shapes_are_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        NumberColumn.of(arrays)


def test_a_column_is_of_one_kind(tmp_path):
    assert isinstance(column_of([None, "a"]), TextColumn)
    assert isinstance(column_of([tmp_path / "a", b"x"]), FileColumn)
    assert isinstance(column_of([[1.0], np.zeros((2, 1))]), NumberColumn)
    with pytest.raises(ValueError, match=r"texts \(str\), files .*; got PosixPath, str"):
        column_of(["a", tmp_path])
