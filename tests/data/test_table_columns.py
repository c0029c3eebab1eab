"""Which columns of a table become the samples' content, and of which kind."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from lfx.data.sources.table import TableSource
from lfx.runtime.errors import ConfigError, DataError

IDS = ["1", "2", "3"]


@pytest.fixture
def read(tmp_path):
    """Write columns as Parquet, or rows as CSV or JSON Lines, and read them."""

    def build(cells, kind="parquet", **options):
        file = tmp_path / f"table.{kind}"
        table = {"id": IDS} | cells
        if kind == "parquet":
            parquet.write_table(pa.table(table), file)
        elif kind == "jsonl":
            rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
            file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        else:
            rows = [[*table], *map(list, zip(*table.values(), strict=True))]
            lines = [";".join("" if one is None else str(one) for one in row) for row in rows]
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return TableSource(str(tmp_path), file.name, **options).read()

    return build


def kinds(reading):
    return {name: column.kind for name, column in reading.samples.columns.items()}


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv"])
def test_what_nobody_names_is_absent(read, kind):
    reading = read({"text": ["a", "b", "c"], "label": ["x", "y", "x"], "other": IDS}, kind)
    assert kinds(reading) == {"text": "texts"}
    assert reading.classes == ("x", "y")
    assert read({"text": ["a", "b", "c"]}, kind).classes == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "tweet"}, "has no column tweet; it has id, text, more"),
        ({"columns": {"audio": "sound"}}, "has no column sound"),
        ({"columns": {"more": "more"}, "group": "clip"}, "has no column clip"),
        ({"columns": {"extra": "extra"}}, "has no column extra; it has id, text, more"),
        ({"columns": {"image": "image"}}, "has no column image; it has id, text, more"),
        ({"label": "class"}, r"has no column class; .* \(label=null: unlabelled\)"),
        ({"id": "name"}, "has no column name"),
    ],
)
def test_what_a_setting_names_must_be_there(read, options, message):
    with pytest.raises(DataError, match=message):
        read({"text": ["a", "b", "c"], "more": IDS}, **options)


def test_a_table_without_any_content_is_refused(read):
    with pytest.raises(DataError, match=r"no column text, image, audio, .* data.source.columns"):
        read({"label": ["x", "y", "x"]})
    with pytest.raises(DataError, match="no column text, image, audio"):
        read({"text": ["a", "b", "c"]}, text=None)


def test_lists_of_numbers_need_no_naming(read):
    sequences = [[[1.0, 2.0], [3.0, 4.0]], None, [[5.0, 6.0]]]
    for kind in ("parquet", "jsonl"):
        reading = read({"faces": [[1, 2], [3, 4], None], "sound": sequences}, kind)
        assert kinds(reading) == {"faces": "numbers", "sound": "numbers"}
        assert reading.samples.columns["faces"].array(1).tolist() == [[3, 4]]
        assert reading.samples.columns["sound"].array(0).tolist() == [[1, 2], [3, 4]]
        assert reading.samples.columns["sound"].present.tolist() == [True, False, True]
    reading = read({"faces": [[1, 2]] * 3, "voice": [[1]] * 3}, columns={"faces": None})
    assert kinds(reading) == {"voice": "numbers"}
    reading = read({"faces": [[1, 2]] * 3}, columns={"visual": "faces"})
    assert kinds(reading) == {"visual": "numbers"}
    assert "column visual: 3 vectors of 2 numbers" in reading.notes


def test_the_kind_of_a_named_column_is_that_of_its_cells(read, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    named = {name: name for name in ("title", "clip", "age", "colour")}
    cells = {
        "title": ["one thing", "2", None],
        "clip": ["a.wav", "gone.wav", None],
        "age": [31, 7.5, None],
        "colour": ["0.1 0.2", "0.3 0.4", None],
    }
    for kind in ("parquet", "csv"):
        reading = read(
            cells if kind == "csv" else cells | {"age": [31.0, 7.5, None]}, kind, columns=named
        )
        assert kinds(reading) == {
            "title": "texts",
            "clip": "files",
            "age": "numbers",
            "colour": "numbers",
        }
        columns = reading.samples.columns
        assert columns["clip"].flaws == {1: "there is no clip gone.wav"}
        assert columns["age"].array(1).tolist() == [[7.5]]
        np.testing.assert_allclose(columns["colour"].array(0), [[0.1, 0.2]], rtol=1e-6)
        assert all(column.present.tolist() == [True, True, False] for column in columns.values())


def test_numbers_of_another_width_than_most_are_a_flaw(read):
    for kind in ("parquet", "jsonl"):
        column = read({"faces": [[1, 2], [3], [5, 6]]}, kind).samples.columns["faces"]
        assert list(column.flaws) == [1]
        assert column.width == 2
        assert column.array(2).tolist() == [[5, 6]]


def test_empty_steps_are_absent_in_every_format(read):
    for kind in ("parquet", "jsonl"):
        cells = [[[]], [[], []], [[5.0, 6.0]]]
        column = read({"faces": cells}, kind).samples.columns["faces"]
        assert (column.present.tolist(), column.flaws) == ([False, False, True], {})


def test_a_file_may_hold_the_numbers_of_all_samples(read, tmp_path):
    np.save(tmp_path / "rows.npy", np.arange(6, dtype=np.float32).reshape(3, 2))
    np.savez(tmp_path / "by_id.npz", **{"3": np.ones((2, 4)), "1": np.zeros((1, 4))})
    reading = read({}, columns={"rows": "rows.npy", "sound": "by_id.npz"})
    assert reading.samples.columns["rows"].array(2).tolist() == [[4, 5]]
    assert reading.samples.columns["sound"].present.tolist() == [True, False, True]
    np.save(tmp_path / "large.npy", [1.0, 1e300, 2.0])
    column = read({}, columns={"rows": "large.npy"}).samples.columns["rows"]
    assert column.flaws == {1: "its rows: it holds 1e+300, allowed: numbers up to 3.4e38 (float32)"}
    with pytest.raises(DataError, match=r"gone\.npy"):
        read({}, columns={"rows": "gone.npy"})


def test_one_content_has_one_name(read):
    with pytest.raises(ConfigError, match=r"source.text=a and data.source.columns.text=b contrad"):
        read({"a": IDS, "b": IDS}, text="a", columns={"text": "b"})
    assert kinds(read({"a": IDS, "b": IDS}, columns={"text": "b"})) == {"text": "texts"}


def test_splits_and_groups_need_no_naming_either(read):
    cells = {"text": ["a", "b", "c"], "split": ["train", None, "val"], "group": ["g", "g", None]}
    samples = read(cells).samples
    assert list(samples.splits) == ["train", None, "val"]
    assert list(samples.groups) == ["g", "g", None]
    assert list(read(cells, group=None).samples.groups) == [None] * 3


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_list_of_numbers_is_no_label_and_null_is_none(read, kind):
    texts = {"text": ["a", "b", "c"]}
    reading = read(texts | {"label": [[0], [1], None]}, kind)
    assert [reason for _, reason in reading.bad] == [
        "its label is a list, not a text: [0]",
        "its label is a list, not a text: [1]",
    ]
    assert [(one.id, one.label) for one in reading.samples] == [("3", None)]
    assert kinds(reading) == {"text": "texts"}
    reading = read(texts | {"clip": [[1], None, None]}, kind, group="clip")
    assert [reason for _, reason in reading.bad] == [
        "its group is a list, not a text: [1]; data.source.group=null passes the column over"
    ]
    assert list(reading.samples.groups) == [None, None]
    reading = read(texts | {"id": [[1], [2], None]}, kind)
    assert len(reading.bad) == 3
    assert reading.bad[-1][1] == "it has no id"


def test_a_group_or_split_that_cannot_be_read_is_a_bad_sample(read):
    texts = {"text": ["a", "b", "c"]}
    reading = read(texts | {"group": [1.5, None, 2.0]})
    assert list(reading.samples.groups) == [None, "2"]
    assert reading.bad == (
        ("1", "its group is 1.5, not an integer; data.source.group=null passes the column over"),
    )
    reading = read(texts | {"split": [["val"], None, []]}, "jsonl")
    assert [reason for _, reason in reading.bad] == [
        f"its split is a list, not a text: {cell}; data.source.split=null passes the column over"
        for cell in (["val"], [])
    ]
    assert not read(texts | {"group": [1.5, None, 2.0]}, group=None).bad


@pytest.mark.parametrize("role", ["id", "label", "split", "group"])
def test_what_is_no_content_is_no_content_column(read, role):
    message = rf"columns\.{role} is no content; data\.source\.{role}=more names the column"
    with pytest.raises(ConfigError, match=message):
        read({"text": ["a", "b", "c"], "more": IDS}, columns={role: "more"})


def test_lists_three_deep_are_passed_over_unless_a_setting_names_them(read):
    cells = {"text": ["a", "b", "c"], "faces": [[[[1.0]]], [[[2.0]]], None]}
    assert kinds(read(cells)) == {"text": "texts"}
    message = r"column faces, read as face: it is a column of list<.*, allowed: lists of numbers"
    with pytest.raises(DataError, match=message):
        read(cells, columns={"face": "faces"})
    assert read(cells | {"label": cells["faces"]}).bad[1][1].startswith("its label is a list")


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_lists_without_numbers_are_passed_over_unless_a_setting_names_them(read, kind):
    cells = {"text": ["a", "b", "c"], "tags": [["a", "b"], ["c"], None], "deep": [[[[1]]]] * 3}
    cells |= {"flags": [[True], [False], None]}
    assert kinds(read(cells, kind)) == {"text": "texts"}
    column = read(cells, kind, columns={"words": "tags"}).samples.columns["words"]
    assert column.flaws[0].startswith("its words: it holds 'a', allowed: numbers")


def test_a_list_with_something_else_beside_its_numbers_is_a_flaw(read):
    cells = {"faces": [[1, None], [[2.5, 1], ["a"]], [1.5, 2]]}
    column = read(cells, "jsonl").samples.columns["faces"]
    assert list(column.flaws) == [0, 1]
    assert column.array(2).tolist() == [[1.5, 2]]
