"""The study of late and joint fusion, from its first step to its table, killed on the way."""

from __future__ import annotations

import csv
import json
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from running import succeed
from test_study import start, wait_for

from lfx.artifacts.parquet import read_predictions
from lfx.reporting.missing_points import read_points
from lfx.runs.status import read_status

if TYPE_CHECKING:
    from pathlib import Path

DATA = "data.source.pairs=200"
STUDY = [
    "study=fusion_levels",
    DATA,
    "arguments.train.trainer.max_epochs=2",
    "arguments.train.trainer.progress=false",
    "leave_out=[concat,cross_attention,hybrid,learned,concat_trained]",
]
ROOT = "outputs/studies/fusion_levels_demo"


@pytest.mark.slow
def test_the_study_is_carried_on_after_a_kill_and_ends_in_its_table(tmp_path: Path) -> None:
    process = start(tmp_path, *STUDY)
    joint = tmp_path / f"{ROOT}/seed_0/gated"
    wait_for((joint / "checkpoints/last.ckpt").is_file)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    wait_for(lambda: not read_status(joint).is_alive())
    output = succeed(tmp_path, "study", *STUDY)
    assert " of 8 steps are done" in output  # those that a joint model starts from too
    names = {"text", "image", "gated", "mean", "minimizing_loss", "mean_with_gated"}
    levels = (tmp_path / f"{ROOT}/report/levels.csv").read_text().splitlines()
    rows = {row["model"]: row for row in csv.DictReader(levels)}
    assert set(rows) == names
    epochs = {name: float(row["epochs"]) for name, row in rows.items()}
    assert epochs == {"text": 2, "image": 2, "gated": 6, "mean": 4, "minimizing_loss": 4} | {
        "mean_with_gated": 6
    }
    assert all(float(row["seconds"]) > 0 and float(row["MiB"]) > 0 for row in rows.values())
    alone, all_three = (float(rows[name]["seconds"]) for name in ("gated", "mean_with_gated"))
    assert alone == pytest.approx(all_three)  # whose members are what it started from, and it
    points = (tmp_path / f"{ROOT}/report/missing.csv").read_text().splitlines()
    assert {row["model"] for row in csv.DictReader(points)} == names
    assert (tmp_path / f"{ROOT}/report/missing.png").is_file()
    training = json.loads((joint / "training.json").read_text())
    assert training["cost"]["trained"] < training["cost"]["parameters"]
    _check_against_predict(tmp_path)
    assert "7 of 8 steps are done" in succeed(tmp_path, "study", *STUDY)


def _check_against_predict(folder: Path) -> None:
    """Compare a point of the curve with what `lfx.predict` says of the same samples."""
    missing = ["data.missing.text=0.5", "data.missing_splits=[test]", "hydra.run.dir=half"]
    ckpt = f"ckpt={ROOT}/seed_0/gated/checkpoints/best.ckpt"
    succeed(folder, "predict", ckpt, DATA, *missing)
    predictions = read_predictions(folder / "half/predictions.parquet")
    rows = predictions.rows("test")
    right = predictions.logits[rows].argmax(axis=1) == predictions.label[rows]
    _, points = read_points(folder / f"{ROOT}/seed_0/missing/missing.json")
    chosen = ("gated", "text", 0.5)
    (point,) = (one for one in points if (one.model, one.column, one.share) == chosen)
    # bf16 keeps three digits of a sum, and batches of other samples sum in another order.
    assert point.scores["accuracy"] == pytest.approx(np.mean(right), abs=1.01 / rows.sum())
    assert point.samples == rows.sum()
    assert 0 < point.lacking < point.samples
    assert point.unanswered == 0
