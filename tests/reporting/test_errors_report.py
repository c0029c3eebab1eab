"""Scores of each class and confusion, as files."""

from __future__ import annotations

import csv

import numpy as np
from PIL import Image

from lfx.reporting.errors import report_errors
from lfx.reporting.pictures.bars import draw_bars
from lfx.reporting.pictures.heatmap import draw_confusion


def read(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_split_is_in_both_tables(predicted, tmp_path):
    ids = [f"s{number}" for number in range(6)]
    splits = ["val"] * 2 + ["test"] * 4
    predictions = predicted(ids, splits, [0, 1, 2, 2, 0, 1], [0, 0, 2, 1, 0, 1])
    found = report_errors(predictions, tmp_path)
    assert {name: file.name for name, file in found.items()} == {
        "per_class": "per_class.png",
        "confusion": "confusion.png",
    }
    rows = read(tmp_path / "confusion.csv")
    counts = {(r["split"], r["label"], r["predicted"]): int(r["count"]) for r in rows}
    assert len(counts) == 2 * 9
    assert counts["val", "so", "bad"] == 1
    assert counts["test", "good", "good"] == counts["test", "good", "so"] == 1
    assert sum(counts.values()) == 6
    scores = {(r["split"], r["class"]): r for r in read(tmp_path / "per_class.csv")}
    assert float(scores["test", "good"]["recall"]) == 0.5
    assert float(scores["test", "good"]["precision"]) == 1
    assert scores["test", "good"]["support"] == "2"
    for file in found.values():
        with Image.open(file) as image:
            assert min(image.size) > 200


def test_rows_of_several_folds_are_averaged(predicted, tmp_path):
    ids, folds = ["a", "b"] * 2, [0, 0, 1, 1]
    predictions = predicted(ids, "test", [0, 1] * 2, [0, 1, 0, 1], fold=folds)
    report_errors(predictions, tmp_path)
    assert sum(int(row["count"]) for row in read(tmp_path / "confusion.csv")) == 2


def test_without_labels_there_is_nothing_to_see(predicted, tmp_path):
    predictions = predicted(["a", "b"], "predict", [None, None], [0, 1])
    assert report_errors(predictions, tmp_path) == {}
    assert not list(tmp_path.iterdir())


def test_a_class_that_never_occurs_is_drawn_as_well(predicted, tmp_path):
    report_errors(predicted(["a"], "test", [0], [0]), tmp_path)
    rows = read(tmp_path / "per_class.csv")
    assert [row["support"] for row in rows] == ["1", "0", "0"]
    assert np.isfinite([float(row["f1"]) for row in rows]).all()


def test_pictures_of_many_classes_stay_small(tmp_path):
    names = [f"class {number}" for number in range(120)]
    counts = np.arange(120 * 120).reshape(120, 120)
    draw_confusion(tmp_path / "a.png", "many", {"val": counts, "test": counts}, names)
    scores = {title: {"f1": [0.5] * 120, "recall": [0.4] * 120} for title in ("val", "test")}
    draw_bars(tmp_path / "b.png", "many", names, scores, ".2f", top=1.0)
    for name in ("a.png", "b.png"):
        with Image.open(tmp_path / name) as image:
            assert max(image.size) < 6000
