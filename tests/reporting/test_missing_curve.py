"""Curves over the share of samples that lack a column: their file, tables and picture."""

from __future__ import annotations

import csv
import json
import logging
import statistics

import pytest
from PIL import Image

from lfx.reporting.missing_curve import MOST_LINES, Curves, curve_table, lines_drawn
from lfx.reporting.missing_files import report_curves, report_points
from lfx.reporting.missing_points import Point, read_points, write_points
from lfx.runs.find import Run
from lfx.runtime.errors import RecordError


def points(models=("text", "joint"), shift=0.0):
    return [
        Point(
            model,
            column,
            share,
            100,
            int(100 * share),
            0,
            {"accuracy": 0.9 - share / 2 + shift, "f1_weighted": 0.8, "f1_macro": 0.7},
        )
        for model in models
        for column in ("image", "text")
        for share in (0.0, 0.5)
    ]


def run(tmp_path, name, stage="train", model="tiny", accuracy=0.5):
    metrics = {"val": {"accuracy": accuracy}}
    return Run(tmp_path / name, stage, "demo", name, model, 0, "1", metrics)


def test_points_are_read_as_they_were_written(tmp_path):
    file = write_points(tmp_path, "test", points())
    assert read_points(file) == ("test", points())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("share", 2),
        ("samples", -1),
        ("lacking", 1.5),
        ("scores", {"accuracy": "high"}),
        ("model", 3),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, key, value):
    file = write_points(tmp_path, "test", points())
    content = json.loads(file.read_text())
    content["points"][1][key] = value
    file.write_text(json.dumps(content))
    with pytest.raises(RecordError, match=f"a point.{key} is"):
        read_points(file)


def test_seeds_are_averaged():
    curves = Curves.of([("test", points()), ("test", points(shift=0.02))])
    mean, spread = curves.score(("joint", "text", 0.5), "accuracy")
    assert mean == pytest.approx(0.66)
    assert spread == pytest.approx(statistics.stdev([0.65, 0.67]))
    row = next(row for row in curve_table(curves, "accuracy").rows if row[:2] == ["joint", "text"])
    assert row[3] == (mean, spread)
    assert curves.score(("joint", "text", 0.5), "brier") is None


def test_other_splits_are_not_averaged_with_the_last():
    curves = Curves.of([("val", points()), ("test", points())])
    assert curves.split == "test"
    assert curves.seeds == 1


def test_a_report_leaves_points_a_csv_and_a_picture(tmp_path, capsys):
    runs = [run(tmp_path, "text"), run(tmp_path, "joint")]
    files = report_points("test", points(), runs, tmp_path)
    assert [file.name for file in files] == [
        "missing.json",
        "missing.csv",
        "missing.md",
        "missing.png",
    ]
    rows = list(csv.DictReader((tmp_path / "missing.csv").read_text().splitlines()))
    assert len(rows) == 8
    assert (rows[1]["model"], rows[1]["without"], rows[1]["share"]) == ("text", "image", "0.5")
    assert (rows[1]["lacking"], rows[1]["seeds"]) == ("50", "1")
    assert float(rows[1]["accuracy"]) == pytest.approx(0.65)
    assert rows[1]["accuracy sd"] == ""
    assert "50%" in capsys.readouterr().out
    with Image.open(tmp_path / "missing.png") as picture:
        assert min(picture.size) > 500


def test_the_points_of_all_seeds_are_found_and_damaged_ones_told(tmp_path, capsys, caplog):
    for seed in range(2):
        folder = tmp_path / f"seed_{seed}/missing"
        folder.mkdir(parents=True)
        write_points(folder, "test", points(shift=0.1 * seed))
    (tmp_path / "seed_9").mkdir()
    (tmp_path / "seed_9/missing.json").write_text("{}")
    out = tmp_path / "report"
    with caplog.at_level(logging.WARNING):
        report_curves(tmp_path, [run(tmp_path, "text")], out)
    assert "seed_9/missing.json cannot be read and is left out" in caplog.text
    assert "0.950 ± 0.071" in capsys.readouterr().out
    first = next(csv.DictReader((out / "missing.csv").read_text().splitlines()))
    assert first["seeds"] == "2"
    assert float(first["accuracy"]) == pytest.approx(0.95)
    assert report_curves(out, [], out / "none") == []


def test_of_fusions_of_the_same_members_the_best_on_val_is_drawn(tmp_path):
    runs = [run(tmp_path, name) for name in ("text", "image")]
    runs += [
        run(tmp_path, "mean", "fuse", "image + text", 0.6),
        run(tmp_path, "learned", "fuse", "image + text", 0.7),
        run(tmp_path, "all", "fuse", "image + joint + text", 0.2),
    ]
    assert lines_drawn(runs) == {"text": False, "image": False, "learned": True, "all": True}


def test_a_picture_has_ten_lines_at_the_most(tmp_path, monkeypatch):
    drawn = {}
    models = [f"model {number}" for number in range(13)]
    monkeypatch.setattr(
        "lfx.reporting.missing_curve.draw_panels",
        lambda _file, _title, _across, panels: drawn.update(panels),
    )
    report_points("test", points(models), [run(tmp_path, name) for name in models], tmp_path)
    assert set(drawn) == {"accuracy", "weighted F1"}
    names = [line.name for line in drawn["accuracy"]["image"]]
    assert names == models[:MOST_LINES]
