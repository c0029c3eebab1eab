from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from lfx.data.columns import read_columns
from lfx.data.sources.table import TableSource
from lfx.runtime.errors import ConfigError, DataError

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
    assert [one.columns["text"] for one in reading.samples] == COLUMNS["text"]
    assert [one.label for one in reading.samples] == [1, 0, 1]
    assert [one.split for one in reading.samples] == COLUMNS["part"]
    assert reading.samples[0].columns["image"] == folder / "a.png"
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


def test_what_is_empty_or_blank_is_absent_in_every_format(folder):
    """A CSV that quotes everything, and JSON, know no other way to say it."""
    rows = [
        '"id","text","image","label","part"',
        '"1","x","a.png","","val"',
        '"2","y","","good",""',
    ]
    (folder / "quoted.csv").write_text("\n".join([*rows, '"3","z","c.png","good",""\n']), "utf-8")
    reading = TableSource(str(folder), "quoted.csv", split="part").read()
    assert reading.classes == ("good",)
    assert [(one.columns["text"], one.label, one.split) for one in reading.samples] == [
        ("x", None, "val"),
        ("y", 0, None),
        ("z", 0, None),
    ]
    assert reading.samples.columns["image"].present.tolist() == [True, False, True]
    for kind in ("csv", "tsv", "jsonl", "parquet"):
        for blank in ("", " ", "\u200b\ufeff", None):
            write(
                folder / f"b.{kind}",
                COLUMNS | {"text": ["x", blank, "z"], "label": ["a", blank, "b"]},
            )
            reading = TableSource(str(folder), f"b.{kind}").read()
            assert [one.columns["text"] for one in reading.samples] == ["x", None, "z"]
            assert reading.samples.columns["text"].present.tolist() == [True, False, True]
            assert (reading.bad, reading.classes) == ((), ("a", "b"))


def test_json_texts_that_look_like_dates_stay_as_they_are(folder):
    days = ["2014-01-01", "2014-01-02", "2014-01-03"]
    write(folder / "tweets.jsonl", COLUMNS | {"id": days})
    assert [one.id for one in TableSource(str(folder), "tweets.jsonl").read().samples] == days


def test_bad_rows_are_named_with_their_reason(read):
    changes = {"id": [None, "b", "c"], "text": ["x", None, "z"], "image": ["a.png", "b.png", None]}
    reading = read(changes)
    assert list(reading.samples.ids) == ["b", "c"]
    assert reading.bad == (("line 2", "it has no id"),)
    assert read({"id": ["", "b", "c"]}).bad == (("line 2", "it has no id"),)
    missing = read({"image": ["a.png", "b.png", "q.png"]})
    assert missing.bad == ()
    assert missing.samples.columns["image"].flaws == {2: "there is no image q.png"}
    assert missing.samples.columns["image"].present.all()


def test_a_flaw_follows_its_sample(read):
    reading = read({"id": [None, "b", "c"], "image": ["a.png", "q.png", "c.png"]})
    assert reading.samples.columns["image"].flaws == {0: "there is no image q.png"}


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
        ("a.jsonl", b"", "cannot be read as a jsonl table: the file is empty"),
        ("a.csv", b"", "cannot be read as a csv table: the file is empty"),
        ("b.csv", b"id,text\n1,\xa1\xad\n", r"line 2 is not UTF-8 \(byte 0xa1\); write it as"),
        ("d.csv", b"id,text,id\n1,2,3\n", "has more than one column id"),
        ("e.csv", "id,text\n1,2\n".encode("utf-16-le"), "UTF-16 without a byte-order mark"),
    ):
        (folder / name).write_bytes(content)
        with pytest.raises(DataError, match=message):
            read_columns(folder / name, ("id", "text"))
    (folder / "b.csv").write_bytes(b"id,text,image,label\n1,\xa1\xad\n")
    with pytest.raises(DataError, match=r"line 2 is not UTF-8 .*; data.source.encoding names"):
        TableSource(str(folder), "b.csv").read()


def test_a_broken_row_is_a_bad_sample_in_every_text_format(folder):
    for kind in ("csv", "tsv", "jsonl"):
        write(folder / f"t.{kind}", COLUMNS | {"text": ["x", "y", "z"]})
        lines = (folder / f"t.{kind}").read_text("utf-8").splitlines()
        place = 1 if kind == "jsonl" else 2
        lines[place] = lines[place][:9]
        (folder / f"t.{kind}").write_text("\n".join(lines), encoding="utf-8")
        reading = TableSource(str(folder), f"t.{kind}").read()
        assert [one.id for one in reading.samples] == ["007", "x"]
        ((name, reason),) = reading.bad
        assert name == f"line {place + 1}"
        assert (
            "the header 5" in reason or "does not close" in reason or "not a JSON object" in reason
        )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(folder, encoding):
    for kind in ("csv", "jsonl"):
        write(folder / f"t.{kind}", COLUMNS)
        text = (folder / f"t.{kind}").read_text("utf-8")
        (folder / f"t.{kind}").write_text(text, encoding=encoding)
        assert len(TableSource(str(folder), f"t.{kind}").read().samples) == 3


def test_an_encoding_a_separator_and_no_quoting_can_be_given(folder):
    content = 'id;text;image;label\n1;"café;a.png;x\n2;b;b.png;y\n'
    (folder / "t.csv").write_text(content, encoding="cp1252")
    options = {"encoding": "cp1252", "separator": ";", "quoting": "none"}
    reading = TableSource(str(folder), "t.csv", **options).read()
    assert [one.columns["text"] for one in reading.samples] == ['"café', "b"]
    (folder / "t.txt.tsv").write_text(content.replace(";", "\t"), encoding="cp1252")
    for tab in ("\\t", "tab", "\t"):
        reading = TableSource(str(folder), "t.txt.tsv", encoding="cp1252", separator=tab).read()
        assert len(reading.samples) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": ""}, "data.source.separator is one character"),
        ({"separator": "||"}, "data.source.separator is one character"),
        ({"separator": '"'}, "data.source.separator is one character"),
        ({"encoding": "latin-99"}, "data.source.encoding is a name that Python knows"),
        ({"encoding": "rot13"}, "data.source.encoding is a name that Python knows"),
        ({"quoting": "maybe"}, "quoting: allowed are auto, quoted, none; got 'maybe'"),
    ],
)
def test_settings_of_the_file_are_checked(folder, options, message):
    with pytest.raises(ConfigError, match=message):
        TableSource(str(folder), "t.csv", **options)


def test_settings_that_the_format_lacks_are_refused(folder):
    write(folder / "t.parquet", COLUMNS)
    write(folder / "t.jsonl", COLUMNS)
    options = {"separator": ";", "encoding": "cp1252", "quoting": "none"}
    with pytest.raises(ConfigError, match=r"separator.*\n.*quoting.*\n.*encoding is not read"):
        TableSource(str(folder), "t.parquet", **options).read()
    with pytest.raises(ConfigError, match=r"separator is only read with CSV and TSV, not \.jsonl"):
        TableSource(str(folder), "t.jsonl", separator=";").read()
    assert TableSource(str(folder), "t.jsonl", encoding="ascii").read().samples


def test_ids_are_as_they_are_written(folder):
    write(folder / "t.jsonl", COLUMNS | {"id": ["1", "x", "y"]})
    lines = (folder / "t.jsonl").read_text("utf-8").splitlines()
    lines[0] = lines[0].replace('"1"', "12345678901234567890123")
    lines[1] = lines[1].replace('"x"', "7.0")
    (folder / "t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    reading = TableSource(str(folder), "t.jsonl").read()
    assert [one.id for one in reading.samples] == ["12345678901234567890123", "7", "y"]
    write(folder / "t.parquet", COLUMNS | {"id": [7.0, 2.5, 1e17]})
    reading = TableSource(str(folder), "t.parquet").read()
    assert [one.id for one in reading.samples] == ["7"]
    assert [reason for _, reason in reading.bad] == [
        "its id is 2.5, not an integer",
        ("its id is 100000000000000000 as a float, which has lost digits; write integers or texts"),
    ]
    narrow = pa.array([7.0, 16777217.0, None], pa.float32())
    write(folder / "t.parquet", COLUMNS | {"id": narrow})
    reading = TableSource(str(folder), "t.parquet").read()
    assert [name for name, _ in reading.bad] == ["row 2", "row 3"]


def test_labels_that_are_nan_are_none_and_whole_floats_are_whole(folder):
    write(folder / "t.parquet", COLUMNS | {"label": [0.0, float("nan"), 1.0]})
    reading = TableSource(str(folder), "t.parquet").read()
    assert reading.classes == ("0", "1")
    assert [one.label for one in reading.samples] == [0, None, 1]
    (folder / "t.jsonl").write_text(
        '{"id": 1, "text": "x", "image": "a.png", "label": NaN}\n'
        '{"id": 2, "text": "x", "image": "b.png", "label": 3.0}\n'
        '{"id": 3, "text": "x", "image": "c.png"}\n',
        encoding="utf-8",
    )
    reading = TableSource(str(folder), "t.jsonl").read()
    assert reading.classes == ("3",)
    assert [one.label for one in reading.samples] == [None, 0, None]


def test_lists_are_neither_texts_nor_labels(folder):
    write(folder / "t.parquet", COLUMNS | {"text": [[1], [2, 3], []], "label": ["a", "b", "c"]})
    reading = TableSource(str(folder), "t.parquet").read()
    flaws = reading.samples.columns["text"].flaws
    assert flaws[0] == "its text is a list, not a text: [1]"
    assert flaws[1] == "its text is a list, not a text: [2, 3]"
    write(folder / "t.jsonl", COLUMNS | {"label": [["a"], ["b"], ["c"]]})
    assert len(TableSource(str(folder), "t.jsonl").read().bad) == 3


def test_every_arrow_type_of_text_reads_alike(folder):
    for kind in (pa.large_string(), pa.binary(), pa.dictionary(pa.int8(), pa.string())):
        columns = {name: pa.array(values).cast(kind) for name, values in COLUMNS.items()}
        write(folder / "t.parquet", columns)
        reading = TableSource(str(folder), "t.parquet", split="part").read()
        assert [one.columns["text"] for one in reading.samples] == COLUMNS["text"]
        assert [one.split for one in reading.samples] == COLUMNS["part"]
    times = pa.array([1, 2, 3], pa.timestamp("ns"))
    write(folder / "t.parquet", COLUMNS | {"id": times})
    ids = [one.id for one in TableSource(str(folder), "t.parquet").read().samples]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    "kind", [pa.time64("ns"), pa.duration("ns"), pa.timestamp("ns"), pa.timestamp("ns", "UTC")]
)
@pytest.mark.parametrize("is_dictionary", [False, True])
def test_times_a_nanosecond_apart_are_apart(folder, kind, is_dictionary):
    times = pa.array([1001, 1002, None], kind)
    for role in ("label", "text"):
        write(
            folder / "t.parquet",
            COLUMNS | {role: times.dictionary_encode() if is_dictionary else times},
        )
        reading = TableSource(str(folder), "t.parquet").read()
        texts = {one.columns["text"] for one in reading.samples} - {None}
        found = reading.classes if role == "label" else texts
        assert len(found) == 2


def test_times_of_whole_microseconds_are_written_as_ever(folder):
    write(folder / "t.parquet", COLUMNS | {"label": pa.array([1000, 2000, 1000], pa.time64("ns"))})
    reading = TableSource(str(folder), "t.parquet").read()
    assert reading.classes == ("00:00:00.000001", "00:00:00.000002")


def test_pictures_in_the_column_are_read(folder):
    content = [(folder / name).read_bytes() for name in COLUMNS["image"]]
    hub = [{"bytes": one, "path": "x.png"} for one in content]
    for images in (content, hub):
        write(folder / "t.parquet", COLUMNS | {"image": images})
        assert [
            one.columns["image"] for one in TableSource(str(folder), "t.parquet").read().samples
        ] == content


def test_no_picture_is_ever_printed(folder):
    write(folder / "t.parquet", COLUMNS | {"text": [b"\xff" * 9000] * 3, "id": ["y" * 500] * 3})
    flaws = TableSource(str(folder), "t.parquet").read().samples.columns["text"].flaws
    assert set(flaws.values()) == {"its text is 9000 bytes that are not a text"}
    write(folder / "t.csv", COLUMNS | {"label": ["z" * 9000, "b", "c"]})
    reading = TableSource(str(folder), "t.csv", classes=["b", "c"]).read()
    assert len(reading.bad[0][1]) < 160


def test_a_group_may_be_named(folder):
    write(folder / "t.parquet", COLUMNS | {"clip": [3.0, None, 3.0]})
    reading = TableSource(str(folder), "t.parquet", group="clip").read()
    assert [one.group for one in reading.samples] == ["3", None, "3"]
    with pytest.raises(DataError, match=r"has no column video; .* split and group, and"):
        TableSource(str(folder), "t.parquet", group="video").read()


def test_a_table_without_rows_is_refused(read):
    with pytest.raises(DataError, match=r"tweets\.csv has no rows"):
        read({name: pa.array([], pa.string()) for name in COLUMNS})


def test_a_mark_that_the_given_encoding_lacks_is_told(folder):
    lines = ["id,text,image,label", "1,caf\u00e9,a.png,good", "2,b,b.png,bad"]
    (folder / "t.csv").write_text("\ufeff" + "\n".join(lines), encoding="utf-16-le")
    reading = TableSource(str(folder), "t.csv", encoding="utf-16-le").read()
    assert reading.samples[0].columns["text"] == "caf\u00e9"
    (folder / "t.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    with pytest.raises(DataError, match=r"byte-order mark of UTF-8, not of .*encoding=cp1252"):
        TableSource(str(folder), "t.csv", encoding="cp1252").read()


def test_one_null_character_is_no_sign_of_utf_16(folder):
    (folder / "t.csv").write_text("id,text,image,label\n1,a\0b,a.png,good\n", encoding="utf-8")
    assert TableSource(str(folder), "t.csv").read().samples[0].columns["text"] == "a\0b"


def test_ids_that_a_spreadsheet_rounded_are_warned_of(read):
    reading = read({"id": ["1.23457E+17", "1.5E+17", "x"]})
    assert [one.id for one in reading.samples] == ["1.23457E+17", "1.5E+17", "x"]
    assert reading.warnings[0].startswith("2 ids look like")


@pytest.fixture
def read_hub(folder):
    """Write numbers as labels, with metadata as the Hugging Face Hub has them, and read them."""

    def build(labels, metadata, **options):
        table = pa.table(COLUMNS | {"label": labels}).replace_schema_metadata(metadata)
        parquet.write_table(table, folder / "t.parquet")
        return TableSource(str(folder), "t.parquet", **options).read()

    return build


def hub(names, kind="ClassLabel"):
    features = {"label": {"names": names, "_type": kind}, "text": {"_type": "Value"}}
    return {"huggingface": json.dumps({"info": {"features": features}})}


def test_numbers_whose_names_the_file_holds_have_these_names(read_hub):
    reading = read_hub([2, 0, -1], hub(["pos", "neu", "neg"]))
    assert reading.classes == ("pos", "neg")
    assert [one.label for one in reading.samples] == [1, 0, None]
    assert reading.notes == (
        "the file's numbers of classes are read by its names: 0 pos, 1 neu, 2 neg",
    )
    reading = read_hub([2, 0, None], hub(["pos", "neu", "neg"]), classes=["neg", "neu", "pos"])
    assert [one.label for one in reading.samples] == [0, 2, None]


def test_a_number_without_a_name_is_a_bad_sample(read_hub):
    reading = read_hub([0, 2, -2], hub(["no", "yes"]))
    assert [reason for _, reason in reading.bad] == [
        "its label is 2, but the file names the classes 0 to 1: no, yes",
        "its label is -2, but the file names the classes 0 to 1: no, yes",
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        hub(["a", "b"], "Value"),
        hub([]),
        hub(["a", "a"]),
        hub(["a", " "]),
        hub(["a", 1]),
        hub({"0": "a"}),
        hub("ab"),
        hub(["a", "\ud83d"]),
        {"huggingface": "{"},
        {"huggingface": b"\xff\xfe\xff"},
        {"huggingface": "[" * 100_000},
        {"huggingface": "9" * 100_000},
        {"huggingface": "[]"},
        {"huggingface": '{"info": null}'},
        {"huggingface": '{"info": {"features": {"label": []}}}'},
        {"huggingface": hub(["a", "b"])["huggingface"] + " " * 17_000_000},
    ],
)
def test_odd_metadata_change_nothing(read_hub, metadata):
    reading = read_hub([1, 0, -1], metadata)
    assert reading.classes == ("-1", "0", "1")
    assert reading.notes == ()


def test_the_numbers_are_kept_where_they_are_given_as_classes(read_hub):
    reading = read_hub([1, 0, 1], hub(["no", "yes"]), classes=["0", "1"])
    assert [one.label for one in reading.samples] == [1, 0, 1]
    assert reading.notes == ()
    stars = read_hub([1, 0, 1], hub(["1", "2"]), classes=["1", "2"])
    assert [one.label for one in stars.samples] == [1, 0, 1]
    assert [one.columns["text"] for one in read_hub(["a", "b", "a"], hub(["no", "yes"])).samples]


def test_a_class_that_only_bad_rows_have_is_none(read):
    changes = {"id": ["1", " ", "3"], "label": ["good", "absent", "bad"]}
    reading = read(changes)
    assert reading.classes == ("bad", "good")
    assert [one.label for one in reading.samples] == [1, 0]
    reading = read(changes, classes=["absent", "bad", "good"])
    assert reading.classes == ("absent", "bad", "good")
