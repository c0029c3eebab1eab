"""What the first edition left is still read: its artifacts, and the folders of its runs."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from lfx import LateFusion, read_predictions
from lfx.artifacts.parquet import read_metadata, write_predictions
from lfx.artifacts.predictions import softmax
from lfx.evaluation.splits import evaluate_splits
from lfx.reporting.estimates import with_intervals
from lfx.reporting.run_table import run_table
from lfx.runs.find import collect_runs

FOLDER = Path(__file__).parent / "first_edition"
MEMBERS = {name: FOLDER / f"{name}.parquet" for name in ("image", "text")}


def test_its_artifacts_are_of_schema_1() -> None:
    for file in (*MEMBERS.values(), FOLDER / "runs/mean/predictions.parquet"):
        predictions = read_predictions(file)
        assert predictions.metadata.schema_version == 1
        assert predictions.metadata.columns == {}
        assert predictions.metadata.regime is None
        assert set(predictions.seen.tolist()) == {-1}


def test_its_artifacts_are_written_as_schema_2_and_fuse_as_they_did(tmp_path: Path) -> None:
    copies = {name: tmp_path / file.name for name, file in MEMBERS.items()}
    for name, file in MEMBERS.items():
        write_predictions(copies[name], read_predictions(file))
        assert read_metadata(copies[name]).schema_version == 2
    mixed = {"image": copies["image"], "text": MEMBERS["text"]}
    fusion = LateFusion().fit(MEMBERS)
    for members in (copies, mixed):
        got = fusion.predict_proba(members)
        np.testing.assert_array_equal(got, fusion.predict_proba(MEMBERS))


def test_its_artifacts_are_read_and_fuse_to_the_same() -> None:
    fused = read_predictions(FOLDER / "runs/mean/predictions.parquet")
    fusion = LateFusion().fit(MEMBERS)
    for split in ("val", "test"):
        own = fusion.predict_proba(MEMBERS, split)
        rows = fused.rows(split)
        np.testing.assert_allclose(own, softmax(fused.logits[rows]), atol=1e-6)
        assert fusion.sample_ids(MEMBERS, split) == list(fused.sample_id[rows])


@pytest.mark.parametrize("score", ["accuracy", "f1_macro", "nll"])
def test_its_scores_are_computed_as_they_were(score: str) -> None:
    runs = {run.name: run for run in collect_runs(FOLDER / "runs")}
    fusion = LateFusion().fit(MEMBERS)
    was = runs["mean"].metrics["test"][score]
    assert fusion.score(MEMBERS, "test", score) == pytest.approx(was, abs=1e-6)


def test_its_scores_get_the_intervals_that_they_lack() -> None:
    for run in with_intervals(collect_runs(FOLDER / "runs")):
        for split, metrics in run.splits.items():
            rows = read_predictions(run.folder / "predictions.parquet")
            wanted = evaluate_splits(rows, [split])[split]["intervals"]
            assert metrics["intervals"] == wanted, (run.name, split)
            low, high = metrics["intervals"]["accuracy"]
            assert 0 <= low <= metrics["accuracy"] <= high <= 1


def test_its_runs_are_reported_without_the_scores_that_they_lack(tmp_path: Path) -> None:
    runs = collect_runs(FOLDER / "runs")
    assert [run.name for run in runs] == ["text", "mean"]
    file, *_ = run_table(runs).write(tmp_path, "report")
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        assert 0 <= float(row["test accuracy"]) <= 1
        assert row["test Cohen's kappa"] == row["test macro AUROC"] == ""
