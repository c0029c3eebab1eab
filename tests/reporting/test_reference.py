"""Runs beside published results."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lfx.artifacts.parquet import write_predictions
from lfx.evaluation.intervals import Interval, wilson
from lfx.evaluation.splits import evaluate_splits
from lfx.reporting.published import PublishedResult, Reference
from lfx.reporting.reference import compare_with, compared_table
from lfx.runs.find import Run
from lfx.runtime.errors import DataError


def published(modality, model, experiment, **scores):
    return PublishedResult(modality=modality, model=model, experiment=experiment, **scores)


ROWS = [
    published("Text", "RoBERTa", "paper/text", accuracy=0.7073, f1=0.7113),
    published("Image", "VGG16", "paper/vgg16", accuracy=0.588),
    published("Image", "ResNet50", "paper/resnet50"),
]
REFERENCE = Reference(name="paper", source="somebody", rows=ROWS)


@pytest.fixture
def run(predicted, tmp_path):
    def build(name, wrong=3, started="1", **options):
        folder = tmp_path / name / started
        folder.mkdir(parents=True)
        ids = [f"s{number}" for number in range(12)]
        labels = [0, 1, 2] * 4
        taken = [(label + (place < wrong)) % 3 for place, label in enumerate(labels)]
        predictions = predicted(ids, "test", labels, taken, name=name)
        write_predictions(folder / "predictions.parquet", predictions)
        metrics = evaluate_splits(predictions) | options.pop("metrics", {})
        about = {"stage": "train", "data": "demo", "model": "tiny", "seed": 0}
        about["overrides"] = (f"experiment=paper/{name}", "x=y")
        return Run(folder, name=name, started=started, metrics=metrics, **(about | options))

    return build


def test_each_result_stands_beside_the_newest_run_of_its_name(run):
    runs = [run("text", wrong=6), run("text", wrong=3, started="2"), run("other")]
    text, vgg, resnet = compare_with(REFERENCE, runs)
    assert text.runs == (runs[1],)
    assert text.accuracy.value == 0.75
    assert text.accuracy.interval == wilson(9, 12)
    assert text.f1.interval == Interval(*runs[1].metrics["test"]["intervals"]["f1_weighted"])
    assert text.f1.interval.low < text.f1.value < text.f1.interval.high
    assert vgg.runs == resnet.runs == ()


def test_several_seeds_are_averaged(run, tmp_path):
    seeds = [run("text", wrong=wrong, started=str(wrong), seed=wrong) for wrong in (2, 3, 4)]
    text = compare_with(REFERENCE, seeds)[0]
    assert text.runs == tuple(seeds)
    assert text.accuracy.value == pytest.approx(0.75)
    assert text.accuracy.spread == pytest.approx(1 / 12)
    assert text.accuracy.interval is None
    csv_file, md_file, _ = compared_table([text]).write(tmp_path, "reference")
    assert "| 3 | 12 test | 0.750 ± 0.083 |" in md_file.read_text()
    with csv_file.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["runs"], row["n"], row["accuracy low"]) == ("3", "12", "")
    assert float(row["accuracy sd"]) == pytest.approx(1 / 12)


def test_of_a_crossvalidation_it_is_the_rows_out_of_fold(run, predicted, tmp_path):
    one = run("vgg16")
    ids = [f"s{number}" for number in range(8)]
    splits, folds = ["oof"] * 6 + ["test"] * 2, [0, 0, 0, 1, 1, 1, 0, 0]
    labels, taken = [0, 1, 2, 0, 1, 2, 0, 0], [0, 1, 2, 0, 0, 0, 1, 1]
    predictions = predicted(ids, splits, labels, taken, fold=folds)
    write_predictions(one.folder / "predictions.parquet", predictions)
    one.metrics.update(evaluate_splits(predictions))
    vgg = compare_with(REFERENCE, [one])[1]
    assert vgg.split == "oof"
    assert vgg.accuracy.value == pytest.approx(4 / 6)
    assert vgg.accuracy.interval == wilson(4, 6)
    csv_file, md_file, _ = compared_table([vgg]).write(tmp_path, "reference")
    assert "| 1 | 6 oof | 0.667 [" in md_file.read_text()
    with csv_file.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["split"], row["n"]) == ("oof", "6")
    # A fusion is reported on the test split even where its members were cross-validated.
    fused = compare_with(REFERENCE, [replace(one, stage="fuse")])[1]
    assert (fused.split, fused.accuracy.value) == ("test", 0)


def test_the_table_says_what_is_published_reached_and_not_run(run, tmp_path, capsys):
    found = compare_with(REFERENCE, [run("text"), run("resnet50", metrics={"leaky": True})])
    compared_table(found).print()
    printed = capsys.readouterr().out
    assert "+0.043" in printed
    assert re.search(r"paper/vgg16 +not run", printed)
    csv_file, md_file, _ = compared_table(found).write(tmp_path, "reference")
    with csv_file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["experiment"].partition("/")[2] for row in rows] == ["text", "vgg16", "resnet50"]
    assert rows[0]["published accuracy"] == "0.7073"
    low, high = (float(rows[0][f"accuracy {bound}"]) for bound in ("low", "high"))
    assert (low, high) == tuple(wilson(9, 12))
    assert rows[1]["accuracy"] in {"", None}
    lines = md_file.read_text().splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "0.750 [0.468, 0.911]" in lines[2]
    assert "LEAKY" in lines[4]


def test_the_average_of_f1_is_the_reference_s(run):
    one = run("text", wrong=1)
    macro = compare_with(replace(REFERENCE, f1_average="f1_macro"), [one])[0]
    assert macro.f1.value == one.metrics["test"]["f1_macro"]


def test_none_of_the_runs_is_in_the_table(run):
    with pytest.raises(DataError, match=r"is compared with runs of experiment=… paper/text, paper"):
        compare_with(REFERENCE, [run("other")])
    with pytest.raises(DataError, match="several data sets, demo, other; choose one with data="):
        compare_with(REFERENCE, [run("text"), run("resnet50", data="other")])
    own = ("experiment=paper/text",)
    untested = Run(Path("x"), "train", "demo", "text", "tiny", 0, "1", {"val": {}}, overrides=own)
    with pytest.raises(DataError, match="with a test split"):
        compare_with(REFERENCE, [untested])


def test_other_settings_and_single_folds_are_left_out(run, caplog):
    runs = [
        run("text", started="1", kind="a"),
        run("text", started="2", seed=1, kind="b"),
        run("text", started="3", seed=2, kind="a"),
        run("text", started="4", seed=3, kind="a", fold=0),
        run("resnet50", started="5", fold=1),
    ]
    text, _, resnet = compare_with(REFERENCE, runs)
    assert [one.seed for one in text.runs] == [0, 2]
    assert resnet.runs == ()
    assert "experiment=paper/text: 2 runs with other settings, or of a single fold" in caplog.text
