"""Offline runs of W&B, made for real and read back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from running import succeed, terminate
from wandb_file import Logged, read_runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_job_that_is_carried_on_goes_on_with_its_run(tmp_path: Path) -> None:
    arguments = ["-m", "modality=text", "data.source.pairs=200", "trainer.max_epochs=4", "seed=0,1"]
    arguments += [
        "trainer.progress=false",
        "logger=wandb",
        "ckpt=auto",
        "hydra.sweep.dir=day/sweep",
    ]
    assert terminate(tmp_path, "epoch 2/4", "train", *arguments) == 143
    (begun,) = read_runs(tmp_path / "day/sweep/0")
    assert begun.exit_code == 1
    succeed(tmp_path, "train", *arguments)
    first, second = read_runs(tmp_path / "day/sweep/0")
    (other,) = read_runs(tmp_path / "day/sweep/1")
    assert first.run.run_id == begun.run.run_id == second.run.run_id != other.run.run_id
    assert second.exit_code == 0
    assert second.config["trainer"]["max_epochs"] == 4
    for seed, logged in enumerate((second, other)):
        assert logged.run.display_name == f"text tiny_text seed {seed} max_epochs=4"
        assert (logged.run.run_group, logged.run.job_type) == ("day/sweep", "train")
    # Epochs are logged once each, and what belongs to training beside them.
    epochs = [row["epoch"] for row in first.history + second.history if "train/loss" in row]
    assert epochs == [0, 1, 2, 3]
    rates = {
        row["trainer/global_step"]: row["train/learning_rate"]
        for row in first.history + second.history
        if "train/learning_rate" in row
    }
    assert sorted(rates) == [0, 5, 10, 15]
    assert [*rates.values()] == other.values("train/learning_rate")
    assert all(pace > 0 for pace in second.values("train/samples_per_second"))
    assert 0 <= second.summary["test/f1_macro"] <= 1


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Carry out a study whose steps all write to W&B."""
    folder = tmp_path_factory.mktemp("studied")
    arguments = ["data.source.pairs=200", "arguments.train.trainer.max_epochs=2", "logger=wandb"]
    succeed(
        folder,
        "study",
        *arguments,
        "logger.tags=[mine]",
        "folder=study",
        "leave_out=[mean,detection_rate]",
    )
    return folder


def by_name(runs: Sequence[Logged]) -> dict[str, Logged]:
    return {logged.run.display_name: logged for logged in runs}


def test_a_study_is_one_group_with_its_lineage(studied: Path) -> None:
    runs = by_name(read_runs(studied / "study"))
    assert all(logged.run.run_group == "demo" for logged in runs.values())
    assert all(logged.exit_code == 0 for logged in runs.values())
    assert all([*logged.run.tags] == ["mine"] for logged in runs.values())
    text, image = runs["text tiny_text seed 0"], runs["image tiny_image seed 0"]
    model = text.artifacts["demo-text-model"]
    assert model.type == "model"
    assert [entry.path for entry in model.manifest.contents] == ["checkpoints/best.ckpt"]
    assert sum(row["nPredictions"] for row in text.table("confusion_matrix_test_table")) == 20
    assert text.table("reliability_table")
    fused = [logged for logged in runs.values() if logged.run.job_type == "fuse"]
    assert fused
    for logged in fused:
        consumed = logged.config["consumed"]
        for name, trained in (("text", text), ("image", image)):
            artifact = trained.artifacts[f"demo-{name}"]
            assert consumed[name]["artifact"] == artifact.name
            assert consumed[name]["digest"] == artifact.digest != ""
            assert artifact.digest[:12] in artifact.aliases
    (report,) = [one for one in runs.values() if one.run.job_type == "report"]
    assert {row["name"] for row in report.table("seeds")} >= {"text", "image"}
    assert " best member on val: " in report.summary["verdict"]


def test_a_fusion_shows_what_it_found(studied: Path, tmp_path: Path) -> None:
    folder = f"artifacts.dir={studied}/study/seed_0/artifacts"
    contents = [folder, "logger=wandb", "contents=true", "data.source.pairs=200"]
    sweep = ["-m", "fusion=grid,detection_rate,mean", f"hydra.sweep.dir={tmp_path}/sweep"]
    succeed(studied, "fuse", *sweep, *contents)
    grid, rates, mean, summary = read_runs(tmp_path / "sweep")
    assert [one.run.display_name for one in (grid, rates, mean)] == [
        "grid",
        "detection_rate",
        "mean",
    ]
    for logged in (grid, rates, mean, summary):
        assert logged.run.run_group == f"{tmp_path.name}/sweep"
    shares = {row["member"]: row["weight"] for row in grid.table("weights")}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["text"] == pytest.approx(grid.summary["weight/text"])
    assert {row["class"] for row in rates.table("weights")} == {"negative", "neutral", "positive"}
    lines = {row["name"]: row for row in mean.table("baselines")}
    assert lines["mean"]["test/accuracy"] == pytest.approx(mean.summary["test/accuracy"])
    assert "oracle (any member right)" in lines
    assert mean.summary["baselines/best member/test/accuracy"] >= 0
    assert " corrupted (McNemar p" in mean.summary["verdict"]
    assert len({row["lineKey"] for row in grid.table("weight_curve_table")}) == 2
    (logged, *_) = [one for one in (mean, rates, grid) if "cases" in one.summary]
    cases = logged.table("cases")
    assert {row["kind"] for row in cases} <= {"corrected", "corrupted"}
    assert all(row["content text"] for row in cases)
    media = logged.artifacts[f"run-{logged.run.run_id}-cases"].manifest.contents
    pictures = [one for one in media if one.path.startswith("media/images/")]
    assert 0 < len(pictures) <= len(cases)
    assert "demo-mean-fusion" in mean.artifacts
    ranked = summary.table("sweep")
    assert [row["val/f1_weighted"] for row in ranked] == sorted(
        (row["val/f1_weighted"] for row in ranked), reverse=True
    )
    assert "ranked first" in summary.summary["verdict"]


def test_a_comparison_shows_its_tables(studied: Path, tmp_path: Path) -> None:
    folder = f"artifacts.dir={studied}/study/seed_0/artifacts"
    succeed(studied, "compare", folder, "logger=wandb", f"hydra.run.dir={tmp_path}/compared")
    (logged,) = read_runs(tmp_path / "compared")
    assert logged.run.display_name == "compare demo"
    for name in ("scores", "differences", "agreement", "classes", "calibration", "worth"):
        assert logged.table(name), name
    assert logged.summary["reliability"]["_type"] == "images/separated"
    assert sorted(logged.config["consumed"]) == sorted(
        row["member"] for row in logged.table("scores")
    )
