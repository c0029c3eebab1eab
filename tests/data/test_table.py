from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from lfx.data.table import TableSource, read_columns
from lfx.runtime.errors import DataError

COLUMNS = {
    "id": ["007", "08", "x"],
    "text": ["hello, you", "null", "two\nlines"],
    "image": ["a.png", "b.png", "c.png"],
    "label": ["good", "bad", "good"],
    "part": ["train", "val", None],
}


def write(file, columns):
    table = pa.table(columns)
    if file.suffix == ".parquet":
        parquet.write_table(table, file)
    elif file.suffix in {".csv", ".tsv"}:
        delimiter = "\t" if file.suffix == ".tsv" else ","
        csv.write_csv(table, file, csv.WriteOptions(delimiter=delimiter))
    else:
        lines = [json.dumps(row) for row in table.to_pylist()]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path, draw):
    for place, name in enumerate(COLUMNS["image"]):
        draw(place).save(tmp_path / name)
    return tmp_path


@pytest.fixture
def read(folder):
    """Write columns as a CSV and read them."""

    def build(changes=None, **options):
        write(folder / "tweets.csv", COLUMNS | (changes or {}))
        return TableSource(str(folder), "tweets.csv", **options).read()

    return build


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "jsonl", "ndjson"])
def test_every_format_reads_alike(folder, kind):
    write(folder / f"tweets.{kind}", COLUMNS)
    reading = TableSource(str(folder), f"tweets.{kind}", split="part").read()

    assert reading.classes == ("bad", "good")
    assert [one.id for one in reading.samples] == COLUMNS["id"]
    assert [one.text for one in reading.samples] == COLUMNS["text"]
    assert [one.label for one in reading.samples] == [1, 0, 1]
    assert [one.split for one in reading.samples] == COLUMNS["part"]
    assert reading.samples[0].image == folder / "a.png"
    assert reading.bad == ()


def test_columns_may_have_other_names_and_classes_an_order(folder):
    renamed = dict(zip(["a", "b", "c", "d", "part"], COLUMNS.values(), strict=True))
    write(folder / "tweets.csv", renamed)
    names = {"id": "a", "text": "b", "image": "c", "label": "d"}
    reading = TableSource(str(folder), "tweets.csv", **names, classes=["good", "bad"]).read()
    assert [one.label for one in reading.samples] == [0, 1, 0]
    assert TableSource(str(folder), "tweets.csv", **(names | {"label": None})).read().classes == ()


def test_numbers_as_ids_and_labels_become_text(folder):
    write(folder / "tweets.parquet", COLUMNS | {"id": [1, 2, 3], "label": [1, 0, None]})
    reading = TableSource(str(folder), "tweets.parquet").read()
    assert [(one.id, one.label) for one in reading.samples] == [("1", 1), ("2", 0), ("3", None)]
    assert reading.classes == ("0", "1")


def test_what_is_empty_is_absent_but_a_text_may_be_empty(folder):
    """A CSV that quotes everything, and JSON, know no other way to say it."""
    rows = ['"id","text","image","label","part"', '"1","","a.png","","val"', '"2","y","","good",""']
    (folder / "quoted.csv").write_text("\n".join([*rows, '"3","z","c.png","good",""\n']), "utf-8")
    reading = TableSource(str(folder), "quoted.csv", split="part").read()
    assert reading.classes == ("good",)
    assert [(one.text, one.label, one.split) for one in reading.samples] == [
        ("", None, "val"),
        ("z", 0, None),
    ]
    assert reading.bad == (("2", "it has no image"),)
    write(folder / "empty.jsonl", COLUMNS | {"label": ["good", "", "good"]})
    reading = TableSource(str(folder), "empty.jsonl").read()
    assert [one.label for one in reading.samples] == [0, None, 0]


def test_json_texts_that_look_like_dates_stay_as_they_are(folder):
    days = ["2014-01-01", "2014-01-02", "2014-01-03"]
    write(folder / "tweets.jsonl", COLUMNS | {"id": days})
    assert [one.id for one in TableSource(str(folder), "tweets.jsonl").read().samples] == days


def test_bad_rows_are_named_with_their_reason(read):
    changes = {"id": [None, "b", "c"], "text": ["x", None, "z"], "image": ["a.png", "b.png", None]}
    reading = read(changes)
    assert reading.samples == ()
    assert reading.bad == (
        ("row 1", "it has no id"),
        ("b", "it has no text"),
        ("c", "it has no image"),
    )
    assert read({"id": ["", "b", "c"]}).bad == (("row 1", "it has no id"),)
    assert read({"image": ["a.png", "b.png", "q.png"]}).bad == (("x", "there is no image q.png"),)


def test_a_label_beyond_the_given_classes_is_bad(read):
    reading = read(classes=["good", "neutral"])
    assert reading.bad == (("08", "unknown label 'bad' (allowed: good, neutral)"),)
    assert reading.classes == ("good", "neutral")


def test_a_missing_column_names_what_is_there(read, folder):
    with pytest.raises(
        DataError, match=r"has no column tweet; it has id, text, image, label, part"
    ):
        read(text="tweet")
    write(folder / "tweets.jsonl", COLUMNS)
    with pytest.raises(DataError, match=r"has no column fold, tweet; .*label=null: unlabelled"):
        TableSource(str(folder), "tweets.jsonl", text="tweet", split="fold").read()


def test_what_is_no_table_is_refused(folder):
    with pytest.raises(DataError, match=r"data.root=.*nowhere is not a folder"):
        TableSource(str(folder / "nowhere"), "tweets.csv").read()
    with pytest.raises(DataError, match=r"there is no table .*tweets\.csv"):
        TableSource(str(folder), "tweets.csv").read()
    for name, content, message in (
        ("a.xlsx", b"x", r"a table ends in one of \.csv, \.tsv, \.parquet, \.jsonl, \.ndjson"),
        ("a.parquet", b"no parquet", "cannot be read as a parquet table"),
        ("a.jsonl", b'{"id": 1', "cannot be read as a jsonl table"),
        ("a.csv", b"", "cannot be read as a csv table: Empty CSV file"),
        ("b.csv", b"id,text\n1,\xa1\xad\n", "invalid UTF8 data"),
        ("c.csv", b"id,text\n1,2,3\n", "Expected 2 columns, got 3"),
        ("d.csv", b"id,text,id\n1,2,3\n", "has more than one column id"),
    ):
        (folder / name).write_bytes(content)
        with pytest.raises(DataError, match=message):
            read_columns(folder / name, ("id", "text"))


def test_a_table_without_rows_is_refused(read):
    with pytest.raises(DataError, match=r"tweets\.csv has no rows"):
        read({name: pa.array([], pa.string()) for name in COLUMNS})
