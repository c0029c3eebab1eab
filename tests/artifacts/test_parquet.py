from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.parquet import publish, read_metadata, read_predictions, write_predictions
from lfx.artifacts.predictions import Predictions
from lfx.data.split_names import SPLITS
from lfx.runtime.errors import ArtifactError

COLUMNS = ("sample_id", "group", "split", "fold", "label", "logits", "seen")
# No surrogates, which UTF-8 cannot hold; NUL and everything else is a fair id.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def assert_equal(one: Predictions, two: Predictions) -> None:
    assert one.metadata == two.metadata
    for name in COLUMNS:
        left, right = getattr(one, name), getattr(two, name)
        assert left.dtype == right.dtype
        assert left.tolist() == right.tolist()
        assert left.shape == right.shape


@st.composite
def artifacts(draw) -> Predictions:
    classes = draw(st.lists(TEXT.filter(str.strip), min_size=2, max_size=4, unique=True))
    rows = []
    for sample in draw(st.lists(TEXT, min_size=1, max_size=6, unique=True)):
        split = draw(st.sampled_from(SPLITS))
        label = draw(st.none() | st.integers(0, len(classes) - 1))
        most = 1 if split == "oof" else 3
        folds = st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=most, unique=True)
        group = draw(TEXT)
        seen = st.sampled_from([True, False, None])
        rows += [(sample, group, split, fold, label, draw(seen)) for fold in draw(folds)]
    names = ("sample_id", "group", "split", "fold", "label", "seen")
    logits = st.lists(FLOATS, min_size=len(classes), max_size=len(classes))
    metadata = Metadata(
        classes=tuple(classes),
        modality=draw(TEXT),
        name=draw(TEXT),
        data_fingerprint=draw(TEXT),
        split_fingerprint=draw(TEXT),
        seed=draw(st.integers(0, 2**31)),
        config_hash=draw(TEXT),
        created="2024-05-06T07:08:09+00:00",
        versions=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
        columns=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
        regime=draw(st.none() | TEXT),
        leaky=draw(st.booleans()),
        fingerprint_schema=draw(st.sampled_from([1, 2])),
    )
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return Predictions.from_columns(columns, [draw(logits) for _ in rows], metadata)


@settings(max_examples=60, deadline=None)
@given(artifacts())
def test_round_trip_is_exact(predictions):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        write_predictions(path, predictions)
        assert_equal(read_predictions(path), predictions)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "predictions.parquet"


def rewrite(path: Path, change) -> None:
    """Write the artifact's table anew after `change`, keeping its metadata."""
    table = pq.read_table(path)
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)


def set_column(name, values, kind):
    return lambda table: table.set_column(
        table.schema.get_field_index(name), name, pa.array(values, kind)
    )


def test_a_reader_with_nothing_but_pyarrow(path, make):
    rows = [("ä", "oof", 2, 0), ("b", "test", None, None)]
    write_predictions(path, make(rows, seen=[True, None]))
    table = pq.read_table(path)
    metadata = json.loads(table.schema.metadata[b"lfx"])
    assert metadata["schema_version"] == 2
    assert metadata["columns"] == {"image": "pixels-1"}
    assert metadata["classes"] == ["negative", "neutral", "positive"]
    assert table.column_names == list(COLUMNS)
    kinds = [str(field.type) for field in table.schema]
    assert kinds[:5] == ["string", "string", "string", "int16", "int16"]
    assert table.schema.field("logits").type.value_type == pa.float32()
    assert {field.name for field in table.schema if field.nullable} == {"fold", "label", "seen"}
    assert table.to_pylist() == [
        {
            "sample_id": "ä",
            "group": "ä",
            "split": "oof",
            "fold": 2,
            "label": 0,
            "logits": [0.0, 0.5, 0.0],
            "seen": True,
        },
        {
            "sample_id": "b",
            "group": "b",
            "split": "test",
            "fold": None,
            "label": None,
            "logits": [1.0, 0.5, -1.0],
            "seen": None,
        },
    ]


def test_damaged_predictions_are_not_written(path, make):
    predictions = make(logits=[[np.nan, 0, 0], [0, 0, 0], [0, 0, 0]])
    with pytest.raises(ArtifactError, match=r"predictions\.parquet: the pred.*\n.*NaN .*: a"):
        write_predictions(path, predictions)
    assert list(path.parent.iterdir()) == []


def test_writing_replaces_and_leaves_nothing_else(path, make):
    write_predictions(path, make())
    write_predictions(path, make(name="second"))
    assert read_predictions(path).metadata.name == "second"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_named_like_a_column_on_the_way(tmp_path, make):
    path = tmp_path / "split=val" / "fusion=mean" / "predictions.parquet"
    write_predictions(path, make())
    assert_equal(read_predictions(path), make())


def test_other_writers_types(path, make):
    write_predictions(path, make())

    def change(table):
        kinds = [pa.large_string()] * 3 + [pa.int16()] * 2 + [pa.list_(pa.float32(), 3), pa.bool_()]
        return table.cast(pa.schema(list(zip(COLUMNS, kinds, strict=True))))

    rewrite(path, change)
    assert_equal(read_predictions(path), make())


def test_missing_file(path):
    with pytest.raises(ArtifactError, match=r"no prediction artifact at .*predictions\.parquet; c"):
        read_predictions(path)


def test_folder(tmp_path):
    with pytest.raises(ArtifactError, match="is a folder, not a prediction artifact"):
        read_predictions(tmp_path)


def test_not_parquet(path):
    path.write_text("sample_id,label\na,1\n")
    with pytest.raises(ArtifactError, match=r"predictions\.parquet is not a whole Parquet file"):
        read_predictions(path)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_truncated(path, make, keep):
    write_predictions(path, make())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ArtifactError, match=r"predictions\.parquet is not a whole Parquet file"):
        read_predictions(path)


def test_flipped_bits(path, make):
    rng = np.random.default_rng(0)
    write_predictions(
        path,
        make([(str(n), "val", None, 0) for n in range(500)], logits=rng.normal(size=(500, 3))),
    )
    content = bytearray(path.read_bytes())
    chunk = pq.read_metadata(path).row_group(0).column(5)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content[start + chunk.total_compressed_size - 9] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"predictions\.parquet is not a whole Parquet file"):
        read_predictions(path)


def test_parquet_of_someone_else(path):
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(ArtifactError, match=r"parquet is a Parquet file without the metadata key"):
        read_predictions(path)


def test_wrong_schema_version(path, make):
    write_predictions(path, make())
    table = pq.read_table(path)
    content = json.loads(table.schema.metadata[b"lfx"]) | {"schema_version": 9}
    pq.write_table(table.replace_schema_metadata({"lfx": json.dumps(content)}), path)
    with pytest.raises(ArtifactError, match=r"predictions\.parquet: its schema_version is 9"):
        read_predictions(path)


def test_missing_extra_and_mistyped_columns(path, make):
    write_predictions(path, make())

    def change(table):
        table = table.drop_columns(["group"]).append_column("score", pa.array([1, 2, 3]))
        table = set_column("label", [0, 1, 2], pa.int64())(table)
        table = set_column("seen", [1, 0, None], pa.int8())(table)
        return set_column("logits", [[1.0] * 3] * 3, pa.list_(pa.float64()))(table)

    rewrite(path, change)
    with pytest.raises(ArtifactError, match=r"predictions\.parquet cannot be used") as caught:
        read_predictions(path)
    for part in (
        "columns are missing: group",
        "unknown columns: score; allowed: sample_id, group, split, fold, label, logits, seen",
        "column label is of type int64, allowed: int16",
        "column logits is of type list<element: double>, allowed: list of float32",
        "column seen is of type int8, allowed: bool",
    ):
        assert part in str(caught.value)


@pytest.fixture
def as_schema_1(path):
    """Write what lfx wrote before there were `seen` and `columns`."""

    def write(predictions, *dropped):
        write_predictions(path, predictions)
        table = pq.read_table(path)
        content = json.loads(table.schema.metadata[b"lfx"]) | {"schema_version": 1}
        del content["columns"]
        table = table.drop_columns(["seen", *dropped])
        pq.write_table(table.replace_schema_metadata({"lfx": json.dumps(content)}), path)

    return write


def test_schema_1_is_read_and_schema_2_written(path, make, as_schema_1):
    as_schema_1(make(seen=[True, False, True]))
    old = read_predictions(path)
    assert old.metadata.schema_version == read_metadata(path).schema_version == 1
    assert (old.metadata.columns, old.metadata.regime) == ({}, None)
    assert old.seen.tolist() == [-1, -1, -1]
    write_predictions(path, old)
    new = read_predictions(path)
    assert (new.metadata.schema_version, new.metadata.fingerprint_schema) == (2, 1)
    assert_equal(new, replace(old, metadata=new.metadata))
    assert pq.read_table(path)["seen"].null_count == 3


def test_each_schema_has_the_columns_of_its_own(path, make, as_schema_1):
    write_predictions(path, make())
    rewrite(path, lambda table: table.drop_columns(["seen"]))
    with pytest.raises(ArtifactError, match="columns are missing: seen"):
        read_predictions(path)
    as_schema_1(make())
    rewrite(path, lambda table: table.append_column("seen", pa.array([None] * 3, pa.bool_())))
    with pytest.raises(ArtifactError, match=r"unknown columns: seen; allowed: .*, logits\n"):
        read_predictions(path)
    as_schema_1(make(), "label")
    with pytest.raises(ArtifactError, match=r"columns are missing: label\n"):
        read_predictions(path)


def test_repeated_column(path, make):
    write_predictions(path, make())
    rewrite(path, lambda table: table.append_column("label", table["label"]))
    with pytest.raises(ArtifactError, match="columns occur more than once: label"):
        read_predictions(path)


def test_nulls_and_widths(path, make):
    write_predictions(path, make())

    def change(table):
        table = set_column("sample_id", [None, "b", "c"], pa.string())(table)
        logits = [[1.0, None, 2.0], [1.0], None]
        return set_column("logits", logits, pa.list_(pa.float32()))(table)

    rewrite(path, change)
    with pytest.raises(ArtifactError, match="cannot be used") as caught:
        read_predictions(path)
    for part in (
        "1 rows have no sample_id",
        "1 rows have no logits",
        "1 of the logits are null",
        "1 rows do not have 3 logits, one per class: b has 1",
    ):
        assert part in str(caught.value)


def test_minus_one_in_a_file(path, make):
    write_predictions(path, make())
    rewrite(path, set_column("label", [0, -1, 2], pa.int16()))
    with pytest.raises(ArtifactError, match=r"1 values of label are negative; allowed: 0 or more"):
        read_predictions(path)


def test_reading_checks_values(path, make):
    write_predictions(path, make())
    rewrite(path, set_column("label", [0, 8, 2], pa.int16()))
    with pytest.raises(ArtifactError, match=r"predictions\.parquet .*\n.*1 labels are out of .*b"):
        read_predictions(path)


def test_publish(path, tmp_path, make):
    write_predictions(path, make())
    target = tmp_path / "artifacts" / "demo" / "image.parquet"
    publish(path, target)
    assert target.read_bytes() == path.read_bytes()
    write_predictions(path, make(name="second"))
    publish(path, target)
    assert read_predictions(target).metadata.name == "second"
    assert list(target.parent.iterdir()) == [target]


def test_publishing_over_other_settings_is_told(make, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for turn, made_with in enumerate(("one", "one", "two")):
        write_predictions(tmp_path / f"{turn}.parquet", make(config_hash=made_with))
        publish(tmp_path / f"{turn}.parquet", tmp_path / "image.parquet")
        assert ("replaces one made with other settings" in caplog.text) == (made_with == "two")


def test_publish_nothing(path, tmp_path):
    with pytest.raises(ArtifactError, match=r"no prediction artifact at .* to publish to"):
        publish(path, tmp_path / "image.parquet")
