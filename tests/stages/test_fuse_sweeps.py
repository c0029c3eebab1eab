from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from running import Trained, fail, run_stage, succeed

from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.runtime.locate import config_folder

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.slow

SCHEMES = sorted(file.stem for file in (config_folder() / "fusion").glob("*.yaml"))


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "sweep.csv").open() as stream:
        return list(csv.DictReader(stream))


def document(run: Path, name: str) -> dict:
    return json.loads((run / f"{name}.json").read_text())


def test_one_multirun_over_all_schemes_ends_in_a_ranking(trained: Trained, tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    choices = ["fusion=glob(*)", "calibration=temperature"]
    output = succeed(trained.folder, "fuse", "-m", *choices, f"hydra.sweep.dir={sweep}")
    assert len(SCHEMES) > 15
    ranked = re.findall(
        r"^\d+ +\d+ +(\w+) ", output.split("ranked by val/f1_weighted")[1], re.MULTILINE
    )
    assert sorted(ranked) == SCHEMES
    for name in ("majority class (", "best member (", "mean", "oracle (any member right)"):
        assert f"baseline: {name}" in output
    rows = rows_of(sweep)
    assert sorted(row["name"] for row in rows) == SCHEMES
    by_name = {row["name"]: row for row in rows}
    for row in rows:
        run = sweep / row["job"]
        assert row["status"] == "completed"
        metrics = document(run, "metrics")
        assert float(row["val/f1_weighted"]) == metrics["val"]["f1_weighted"]
        assert float(row["test/nll"]) == metrics["test"]["nll"]
        assert document(run, "status")["objective"] == metrics["val"]["f1_weighted"]
        fused = read_predictions(run / "predictions.parquet")
        np.testing.assert_allclose(np.exp(fused.logits).sum(axis=1), 1, rtol=1e-5)
    scores = [float(by_name[name]["val/f1_weighted"]) for name in ranked]
    assert scores == sorted(scores, reverse=True)
    assert pq.read_table(sweep / "sweep.parquet").num_rows == len(SCHEMES)
    before = {file: file.read_bytes() for file in sweep.glob("sweep.*")}
    again = succeed(trained.folder, "report", f"sweep={sweep}", f"hydra.run.dir={tmp_path}/report")
    assert "ranked by val/f1_weighted" in again
    assert {file: file.read_bytes() for file in sweep.glob("sweep.*")} == before


def test_a_search_leaves_its_curve(trained: Trained, tmp_path: Path) -> None:
    formats = "figures.formats=[png,svg,pdf]"
    run = f"hydra.run.dir={tmp_path}/two"
    output = succeed(trained.folder, "fuse", "fusion=grid", run, formats)
    assert "best f1_weighted on the fit split" in output
    table = pq.read_table(tmp_path / "two/curve.parquet").to_pandas()
    assert set(table.split) == {"val", "test"}
    assert (tmp_path / "two/curve.png").read_bytes().startswith(b"\x89PNG")
    for name in ("curve", "per_class", "confusion"):
        assert (tmp_path / f"two/{name}.svg").read_text(encoding="utf-8").startswith("<?xml")
        assert (tmp_path / f"two/{name}.pdf").read_bytes().startswith(b"%PDF")
    found = document(tmp_path / "two", "weights")
    low, high = found["search"]["interval"]
    assert low <= found["weights"][1] <= high
    own = table[table.split == "val"]
    assert found["search"]["score"] == own.f1_weighted.max()
    # In-sample, the curve's score is the artifact's.
    weights = [f"fusion.weights.text={found['weights'][1]}", f"hydra.run.dir={tmp_path}/check"]
    succeed(trained.folder, "fuse", "fusion=weighted", *weights)
    metrics = document(tmp_path / "check", "metrics")
    assert metrics["val"]["f1_weighted"] == pytest.approx(found["search"]["score"])
    third = f"members.third={tmp_path}/two/predictions.parquet"
    small = ["fusion.steps=10", "fusion.keep=7", f"hydra.run.dir={tmp_path}/three"]
    succeed(trained.folder, "fuse", "fusion=grid", third, *small)
    best = pq.read_table(tmp_path / "three/search.parquet").to_pandas()
    assert list(best.columns[:3]) == ["weight/image", "weight/text", "weight/third"]
    assert len(best) == 7
    assert best.f1_weighted.is_monotonic_decreasing
    assert document(tmp_path / "three", "weights")["search"]["points"] == 66


@pytest.mark.parametrize("part", ["fusion=stacking", "fusion=grid", "calibration=vector"])
def test_no_part_is_fitted_on_the_reported_split(trained: Trained, part: str) -> None:
    message = fail(trained.folder, "fuse", "fusion=mean", part, "fit_split=test")
    assert "allow_leaky_fit=true" in message


def test_nothing_is_chosen_by_the_reported_split(trained: Trained) -> None:
    message = fail(trained.folder, "fuse", "objective=test/accuracy")
    assert "use objective=val/accuracy" in message
    assert "val/auc" in fail(trained.folder, "fuse", "objective=val/auc")


def test_a_member_may_lack_samples(trained: Trained, tmp_path: Path) -> None:
    whole = read_predictions(trained.text / "predictions.parquet")
    keep = np.ones(len(whole.sample_id), dtype=bool)
    gone = np.flatnonzero(whole.split == "test")[:3]
    keep[gone] = False
    file = tmp_path / "holes.parquet"
    write_predictions(file, whole.select(keep))
    text = f"members.text={file}"
    message = fail(trained.folder, "fuse", text)
    assert "split test: text lacks 3 samples that image has" in message
    assert "members.on_missing=renormalise" in message
    assert "guess" in fail(trained.folder, "fuse", text, "members.on_missing=guess")
    run = f"hydra.run.dir={tmp_path}/kept"
    output = succeed(trained.folder, "fuse", text, "members.on_missing=renormalise", run)
    assert "member text lacks 3 of test; the others are fused there" in output
    assert document(tmp_path / "kept", "weights")["missing"] == {"text": {"test": 3}}
    fused = read_predictions(tmp_path / "kept/predictions.parquet")
    image = read_predictions(trained.image / "predictions.parquet")
    said = dict(zip(fused.sample_id, fused.probabilities(), strict=True))
    alone = dict(zip(image.sample_id, image.probabilities(), strict=True))
    for name in whole.sample_id[gone]:
        np.testing.assert_allclose(said[name], alone[name], rtol=1e-5)
    succeed(
        trained.folder, "fuse", text, "members.on_missing=drop", f"hydra.run.dir={tmp_path}/less"
    )
    assert document(tmp_path / "less", "weights")["dropped"] == {"test": 3}
    less = read_predictions(tmp_path / "less/predictions.parquet")
    assert len(less.sample_id) == len(fused.sample_id) - 3


def test_a_changed_member_is_fused_again(trained: Trained, tmp_path: Path) -> None:
    file = tmp_path / "text.parquet"
    text = read_predictions(trained.text / "predictions.parquet")
    write_predictions(file, text)
    sweep = ["-m", "fusion=mean,max", f"members.text={file}", f"hydra.sweep.dir={tmp_path}/sweep"]
    succeed(trained.folder, "fuse", *sweep)
    first = [document(tmp_path / f"sweep/{job}", "status")["started"] for job in (0, 1)]
    assert "2 of 2 jobs have completed earlier" in succeed(trained.folder, "fuse", *sweep)
    write_predictions(file, replace(text, logits=-text.logits))
    assert "have completed earlier" not in succeed(trained.folder, "fuse", *sweep)
    now = [document(tmp_path / f"sweep/{job}", "status")["started"] for job in (0, 1)]
    assert set(first).isdisjoint(now)


def test_wandb_has_a_run_a_job_and_a_summary_in_one_group(trained: Trained, tmp_path: Path) -> None:
    swept = ["fusion=weighted", "fusion.weights.text=0,0.5,1", "logger=wandb"]
    swept += ["figures.formats=[png,pdf]"]
    succeed(trained.folder, "fuse", "-m", *swept, f"hydra.sweep.dir={tmp_path}/sweep")
    files = sorted(tmp_path.rglob("*.wandb"))
    assert len(files) == 4
    texts = [file.read_bytes() for file in files]
    assert all(f"{tmp_path.name}/sweep".encode() in text for text in texts)
    (summary,) = [text for text in texts if b"fuse sweep" in text]
    assert b"best/val/f1_weighted" in summary
    media = [file.name for file in (tmp_path / "sweep/wandb").rglob("media/*/*")]
    assert any(name.startswith("sweep") for name in media)
    assert any(name.startswith("curve") for name in media)
    assert (tmp_path / "sweep/sweep.png").is_file()
    assert (tmp_path / "sweep/sweep.pdf").is_file()  # drawn when the jobs have ended
    # Carried on, the sweep writes into the same summary run.
    succeed(trained.folder, "fuse", "-m", *swept, f"hydra.sweep.dir={tmp_path}/sweep")
    runs = {file.stem for file in (tmp_path / "sweep/wandb").rglob("*.wandb")}
    assert len(runs) == 1


def test_the_ranking_comes_though_a_job_failed(trained: Trained, tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    swept = ["fusion=weighted", "fusion.weights.text=0.5,2", f"hydra.sweep.dir={sweep}"]
    done: subprocess.CompletedProcess[str] = run_stage(trained.folder, "fuse", "-m", *swept)
    assert done.returncode == 2
    assert "1 of 2 jobs failed" in done.stderr
    assert "failed: 1 of 2 jobs (1)" in done.stdout
    assert [row["status"] for row in rows_of(sweep)] == ["completed", "failed"]
    assert "must be at least 0 and at most 1, got 2" in rows_of(sweep)[1]["error"]
