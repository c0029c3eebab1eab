"""MMSA's pickles, written here as that framework has them: aligned and not, of NumPy 1 and 2."""

from __future__ import annotations

import os
import pickle
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from lfx.convert.mmsa import class_of, convert, main
from lfx.data.list_columns import read_lists
from lfx.runtime.errors import DataError

SCORES = {"train": [-2.4, 0.0, 1.5, 3.0, -0.2], "valid": [0.6, -3.0], "test": [2.5]}
FEATURES = {"audio": 5, "vision": 3}
LONGEST = {"audio": 12, "vision": 9}


def draw(seed, aligned):
    """Return a file's content, and each utterance's sequences without padding."""
    chance = np.random.default_rng(seed)
    content, sequences = {}, {}
    for split, scores in SCORES.items():
        ids = [f"{split}_{number // 2}$_${number}" for number in range(len(scores))]
        record = {
            "raw_text": np.array([f"text of {name}" for name in ids]),
            "id": ids,
            "text": np.zeros((len(ids), 4, 7), dtype=np.float32),
            "text_bert": np.zeros((len(ids), 3, 4), dtype=np.float32),
            "annotations": np.array(["Positive" if one > 0 else "Negative" for one in scores]),
            "classification_labels": np.array([float(one > 0) for one in scores]),
            "regression_labels": np.array(scores),
        }
        for field, width in FEATURES.items():
            longest = 9 if aligned else LONGEST[field]
            padded = np.zeros((len(ids), longest, width))
            lengths = chance.integers(1, longest + 1, len(ids)).tolist()
            for row, length in enumerate(lengths):
                values = chance.normal(size=(length, width))
                values[1:-1] *= chance.random((len(values[1:-1]), 1)) > 0.3  # zeros within
                place = slice(longest - length, None) if aligned else slice(length)
                padded[row, place] = values
                sequences[ids[row], field] = values.astype(np.float32)
            record[field] = padded
            if not aligned:
                record[f"{field}_lengths"] = lengths
        content[split] = record
    return content, sequences


@pytest.fixture
def write(tmp_path):
    def dump(content, protocol=4):
        (tmp_path / "features.pkl").write_bytes(pickle.dumps(content, protocol))
        return tmp_path / "features.pkl"

    return dump


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_file_becomes_a_table(write, tmp_path, aligned, protocol):
    content, sequences = draw(0, aligned)
    done = convert(write(content, protocol), tmp_path / "table.parquet", 3)
    table = pq.read_table(tmp_path / "table.parquet")
    assert str(table.schema.field("audio").type) == str(table.schema.field("visual").type)
    rows = table.to_pylist()
    scores = [score for one in SCORES.values() for score in one]
    assert [row["score"] for row in rows] == pytest.approx(scores)
    assert [row["split"] for row in rows] == ["train"] * 5 + ["val"] * 2 + ["test"]
    assert [row["id"] for row in rows][:2] == ["train_0$_$0", "train_0$_$1"]
    assert [row["group"] for row in rows][:3] == ["train_0", "train_0", "train_1"]
    assert rows[6]["text"] == "text of valid_0$_$1"
    names = ["negative", "neutral", "positive", "positive", "negative", "positive", "negative"]
    assert [row["label"] for row in rows] == [*names, "positive"]
    assert (done.dropped, done.replaced, done.grouped) == (0, 0, True)
    for field, column in (("audio", "audio"), ("vision", "visual")):
        lists = read_lists(table[column])
        assert lists.flaws == {}
        for row, record in enumerate(rows):
            found = lists.values[lists.starts[row] : lists.starts[row + 1]]
            np.testing.assert_array_equal(found, sequences[record["id"], field])


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (2, ["negative", None, "positive", "positive", "negative", "positive", "negative"]),
        (3, ["negative", "neutral", "positive", "positive", "negative", "positive", "negative"]),
        (7, ["-2", "0", "2", "3", "0", "1", "-3"]),
    ],
)
def test_scores_become_classes(write, tmp_path, classes, labels):
    done = convert(write(draw(0, aligned=False)[0]), tmp_path / "table.parquet", classes)
    rows = pq.read_table(tmp_path / "table.parquet").to_pylist()
    assert [row["label"] for row in rows][:-1] == [label for label in labels if label is not None]
    assert done.dropped == labels.count(None)
    assert done.counts.total() == len(rows)


@pytest.mark.parametrize("score", [*np.linspace(-3.4, 3.4, 35).round(1), 0.5, 1.5, -2.5, -0.0])
def test_classes_are_the_fields(score):
    """Its metrics: `np.round(np.clip(…, -3, 3))`, and signs without the zeros."""
    assert class_of(score, 7) == str(int(np.round(np.clip(score, -3.0, 3.0))))
    assert class_of(score, 2) == {-1: "negative", 0: None, 1: "positive"}[np.sign(score)]
    assert class_of(score, 3) == {-1: "negative", 0: "neutral", 1: "positive"}[np.sign(score)]


def test_numbers_that_are_not_finite_are_counted_and_utterances_of_zeros_lack_the_sound(
    write, tmp_path
):
    content, _ = draw(0, aligned=True)
    content["train"]["audio"][0] = 0
    content["train"]["audio"][2, -1] = -np.inf
    content["train"]["vision"][3, -1, 0] = np.nan
    content["train"]["regression_labels"][4] = np.nan
    done = convert(write(content), tmp_path / "table.parquet", 3)
    assert (done.replaced, done.dropped) == (6, 1)
    rows = pq.read_table(tmp_path / "table.parquet").to_pylist()
    assert rows[0]["audio"] is None
    assert rows[0]["visual"] is not None
    assert rows[2]["audio"][-1] == [0] * 5
    assert rows[3]["visual"][-1][0] == 0


def test_what_there_is_becomes_a_column(write, tmp_path):
    content, _ = draw(0, aligned=True)
    for record in content.values():
        del record["raw_text"], record["vision"]
        record["audio"] = record["audio"].mean(axis=1)  # a vector each
        record["id"] = np.array(record["id"])
        record["regression_labels"] = record["regression_labels"][:, None]
    content["test"]["id"][0] = "no video"
    done = convert(write(content), tmp_path / "table.parquet")
    table = pq.read_table(tmp_path / "table.parquet")
    assert table.column_names == ["id", "label", "split", "group", "score", "audio"]
    assert {len(sequence) for sequence in table["audio"].to_pylist()} == {1}
    assert table["group"].to_pylist()[-1] is None
    assert not done.grouped


MISSING = object()


@pytest.mark.parametrize(
    ("split", "field", "value", "reason"),
    [
        ("train", "id", MISSING, "train lacks id"),
        ("train", "id", 7, "train.id is a int, allowed: a list or an array"),
        ("train", "id", ["a", 3, "b", "c", "d"], "train.id holds 3, allowed: texts"),
        ("train", "raw_text", ["one"], "train.raw_text is of 1 utterances, and id of 5"),
        ("test", "regression_labels", ["a"], "regression_labels holds 'a', allowed: numbers"),
        ("test", "audio", "words", "test.audio is no array of numbers"),
        ("test", "audio", np.array(["a"]), "test.audio is no array of numbers"),
        ("test", "audio", np.ones((1, 2, 3, 4)), r"shape \(1, 2, 3, 4\), allowed: \(utterances, t"),
        ("test", "audio", np.ones((2, 2, 3)), "test.audio is of 2 utterances, and id of 1"),
        (
            "train",
            "audio_lengths",
            [99] * 5,
            r"train.audio\[0\]: its length is 99, and it has 12 s",
        ),
        (
            "train",
            "audio_lengths",
            [1] * 5,
            r"train.audio\[.\]: its length is 1, and steps that ar",
        ),
        ("train", "vision_lengths", [1], "train.vision_lengths is of 1 utterances"),
        ("test", "audio_lengths", [np.inf], r"test.audio\[0\]: its length is inf, and it has 12 s"),
        ("test", "audio_lengths", [np.nan], r"test.audio\[0\]: its length is nan, and it has 12 s"),
        ("test", "audio_lengths", [-1], r"test.audio\[0\]: its length is -1, and it has 12 steps"),
        ("test", "audio_lengths", [2.5], r"test.audio\[0\]: its length is 2.5, and it has 12 ste"),
        ("test", "regression_labels", [2**80], "regression_labels holds 1208.*, allowed: numbers"),
    ],
)
def test_another_content_is_told(write, tmp_path, split, field, value, reason):
    content, _ = draw(1, aligned=False)
    content[split][field] = value
    if value is MISSING:
        del content[split][field]
    with pytest.raises(DataError, match=reason):
        convert(write(content), tmp_path / "table.parquet", 3)
    assert not (tmp_path / "table.parquet").exists()


def test_another_split_is_told(write, tmp_path):
    content, _ = draw(1, aligned=False)
    content["dev"] = content["valid"]
    with pytest.raises(DataError, match=r"it maps 'train', .*'dev', allowed: train, valid, test"):
        convert(write(content), tmp_path / "table.parquet")
    with pytest.raises(DataError, match="valid lacks named fields"):
        convert(write({"valid": [1]}), tmp_path / "table.parquet")


@pytest.mark.parametrize("content", [[], {}, None, {"train": {}}, {1: 2}])
def test_a_pickle_of_other_things_is_told(write, tmp_path, content):
    with pytest.raises(DataError, match=r"is no file of features: (it maps|train lacks)"):
        convert(write(content), tmp_path / "table.parquet")


class Command:
    """Runs a command when it is unpickled."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


def test_the_command_line_converts_or_says_why_not(write, tmp_path, capsys, monkeypatch):
    target = tmp_path / "table.parquet"
    content, _ = draw(0, aligned=False)
    arguments = ["mmsa", str(write(content)), str(target)]
    monkeypatch.setattr(sys, "argv", arguments)
    main()
    said = capsys.readouterr().out.splitlines()
    assert said[:4] == [
        "train: 4 utterances (negative 2, positive 2)",
        "val: 2 utterances (negative 1, positive 1)",
        "test: 1 utterances (positive 1)",
        "1 utterances are left out: their score is 0, or no number",
    ]
    assert said[-1].startswith(f"use it: data=table data.root={tmp_path} data.source.file=table.")
    content["train"]["annotations"] = Command(tmp_path / "canary")
    monkeypatch.setattr(sys, "argv", [arguments[0], str(write(content)), *arguments[2:]])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "features.pkl is refused: it names 'posix.system', and arrays and plain values" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("score", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_a_score_that_is_not_finite_has_no_class(score, classes):
    assert class_of(score, classes) is None


def run_main(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["mmsa", *map(str, arguments)])
    main()
    return capsys.readouterr().out.splitlines()


def test_what_one_split_lacks_is_empty_there_and_told(write, tmp_path, monkeypatch, capsys):
    content, sequences = draw(0, aligned=False)
    del content["test"]["audio"], content["valid"]["raw_text"]
    target = tmp_path / "table.parquet"
    said = run_main(monkeypatch, capsys, write(content), target, "--classes", 3)
    rows = pq.read_table(target).to_pylist()
    assert [row["split"] for row in rows if row["audio"] is None] == ["test"]
    assert [row["split"] for row in rows if row["text"] is None] == ["val", "val"]
    assert rows[0]["audio"] == sequences[rows[0]["id"], "audio"].tolist()
    assert all(row["visual"] is not None for row in rows)
    assert said[3:5] == [
        "val has no text: it is empty there",
        "test has no audio: it is empty there",
    ]
    assert said[-1].endswith(
        "data.source.columns.visual=visual modality=vector modality.column=visual"
    )


def test_the_command_line_names_a_column_that_was_written(write, tmp_path, monkeypatch, capsys):
    content, _ = draw(0, aligned=True)
    target = tmp_path / "table.parquet"
    assert "modality.column=audio" in run_main(monkeypatch, capsys, write(content), target)[-1]
    for record in content.values():
        del record["audio"]
    hint = run_main(monkeypatch, capsys, write(content), target)[-1]
    assert "modality.column=visual" in hint
    assert "audio" not in hint


def test_a_target_of_another_format_is_refused(write, tmp_path, monkeypatch, capsys):
    file = write(draw(0, aligned=True)[0])
    for name in ("table.csv", "table", "parquet"):
        with pytest.raises(SystemExit) as left:
            run_main(monkeypatch, capsys, file, tmp_path / name)
        assert left.value.code == 2
        assert f"{name}: a Parquet table is written; the target must" in capsys.readouterr().err
        assert not (tmp_path / name).exists()


def test_a_table_without_rows_is_not_written(write, tmp_path):
    content, _ = draw(0, aligned=True)
    for record, score in zip(content.values(), (0.0, np.nan, np.inf), strict=True):
        record["regression_labels"] = [score] * len(record["id"])
    with pytest.raises(DataError, match="no table is written, because none of its 8 utterances"):
        convert(write(content), tmp_path / "table.parquet")
    assert [file.name for file in tmp_path.iterdir()] == ["features.pkl"]
