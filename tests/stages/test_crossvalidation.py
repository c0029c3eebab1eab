"""`data.folds`: in one process, one job a fold, killed and carried on, and fused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from running import environment, fail, interrupt, succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

FOLDS = ["data.folds=4", "data.source.pairs=300", "trainer.max_epochs=3", "trainer.progress=false"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which texts and images have been cross-validated without a break."""
    folder = tmp_path_factory.mktemp("whole")
    for modality in ("text", "image"):
        own = [f"modality={modality}", f"hydra.run.dir=runs/{modality}"]
        (folder / f"{modality}.txt").write_text(succeed(folder, "train", *FOLDS, *own))
    return folder


def test_one_artifact_holds_all_folds(whole: Path) -> None:
    run = whole / "runs/text"
    predictions = read_predictions(run / "predictions.parquet")
    published = whole / "outputs/artifacts/demo/text.parquet"
    assert published.read_bytes() == (run / "predictions.parquet").read_bytes()
    unseen = predictions.select(predictions.rows("oof"))
    assert len(set(unseen.sample_id)) == len(unseen.sample_id)
    assert set(unseen.fold) == {0, 1, 2, 3}
    test = predictions.select(predictions.rows("test"))
    assert len(test.sample_id) == 4 * len(set(test.sample_id))
    assert len(set(unseen.sample_id)) + len(set(test.sample_id)) == 300
    assert not set(unseen.sample_id) & set(test.sample_id)
    assert not set(unseen.group) & set(test.group)


def test_each_fold_has_its_model_and_metrics(whole: Path) -> None:
    run = whole / "runs/text"
    metrics = json.loads((run / "metrics.json").read_text())
    assert list(metrics) == ["oof", "test"]
    assert metrics["oof"]["support"] + metrics["test"]["support"] == 300
    folds = json.loads((run / "folds.json").read_text())
    assert list(folds["folds"]) == ["0", "1", "2", "3"]
    for fold, own in folds["folds"].items():
        folder = run / f"fold_{fold}"
        assert (folder / "checkpoints/best.ckpt").is_file()
        assert json.loads((folder / "metrics.json").read_text()) == own
    accuracies = [own["oof"]["accuracy"] for own in folds["folds"].values()]
    assert folds["mean"]["oof/accuracy"] == pytest.approx(np.mean(accuracies))
    spread = folds["standard_deviation"]["oof/accuracy"]
    assert spread == pytest.approx(np.std(accuracies, ddof=1))
    printed = (whole / "text.txt").read_text()
    for line in ("fold 3", "mean", "standard deviation", "text, all folds together"):
        assert f"\n{line} " in printed


def test_fusion_fits_on_the_out_of_fold_rows(whole: Path) -> None:
    own = ["fusion=learned", "fit_split=oof", "objective=oof/f1_weighted", "hydra.run.dir=runs/f"]
    succeed(whole, "fuse", *own)
    document = json.loads((whole / "runs/f/weights.json").read_text())
    assert document["fit_split"] == "oof"
    metrics = json.loads((whole / "runs/f/metrics.json").read_text())
    assert metrics["oof"]["support"] > 8 * metrics["test"]["support"]
    fused = read_predictions(whole / "runs/f/predictions.parquet")
    assert len(set(fused.sample_id)) == len(fused.sample_id) == 300


def kill_in_fold(folder: Path, run: str, fold: int, *arguments: str) -> None:
    """Train until a fold's first epoch has been kept, and kill the process."""
    kept = folder / run / f"fold_{fold}/checkpoints/last.ckpt"
    with (folder / "killed.txt").open("w") as stream:
        command = [sys.executable, "-m", "lfx.train", *arguments, f"hydra.run.dir={run}"]
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=stream, stderr=stream
        )
        end = time.monotonic() + 240
        while not kept.is_file() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL


def test_killed_in_fold_3_it_ends_as_if_it_had_not_been(whole: Path, tmp_path: Path) -> None:
    own = [*FOLDS, "modality=text"]
    kill_in_fold(tmp_path, "runs/first", 3, *own)
    before = {
        fold: (tmp_path / f"runs/first/fold_{fold}/checkpoints/best.ckpt").stat().st_mtime_ns
        for fold in range(3)
    }
    output = succeed(tmp_path, "train", *own, "ckpt=last", "hydra.run.dir=runs/second")
    for fold in range(3):
        assert f"fold {fold}: trained in {tmp_path}/runs/first/fold_{fold}" in output
        assert f"fold {fold}: 2" not in output
        file = tmp_path / f"runs/first/fold_{fold}/checkpoints/best.ckpt"
        assert file.stat().st_mtime_ns == before[fold]
    assert f"resuming from {tmp_path}/runs/first/fold_3/checkpoints/last.ckpt" in output
    assert "epoch 1/3" not in output
    resumed = read_predictions(tmp_path / "runs/second/predictions.parquet")
    uninterrupted = read_predictions(whole / "runs/text/predictions.parquet")
    np.testing.assert_array_equal(resumed.sample_id, uninterrupted.sample_id)
    np.testing.assert_array_equal(resumed.logits, uninterrupted.logits)
    first = json.loads((tmp_path / "runs/first/status.json").read_text())
    assert first["resumed_by"] == f"{tmp_path}/runs/second"
    assert "no unfinished run" in fail(tmp_path, "train", *own, "ckpt=last")


def test_one_job_a_fold_gives_the_same(whole: Path, tmp_path: Path) -> None:
    own = [*FOLDS, "modality=text", "data.fold=0,1,2,3", "hydra.sweep.dir=jobs"]
    output = succeed(tmp_path, "train", "-m", *own)
    assert "folds that are not there yet: 3; the last one publishes all" in output
    jobs = read_predictions(tmp_path / "outputs/artifacts/demo/text.parquet")
    one = read_predictions(whole / "runs/text/predictions.parquet")
    np.testing.assert_array_equal(jobs.sample_id, one.sample_id)
    np.testing.assert_array_equal(jobs.logits, one.logits)
    assert jobs.metadata.config_hash == one.metadata.config_hash


def test_impossible_folds_are_told(tmp_path: Path) -> None:
    message = fail(tmp_path, "train", "data.folds=1", "data.fold=3", "ckpt=some.ckpt")
    assert message.splitlines() == [
        "error: ckpt=FILE resumes one model; with data.folds use ckpt=last",
        "data.folds must be at least 2, got 1",
    ]
    message = fail(tmp_path, "train", "data.folds=3", "data.fold=3")
    assert message == "error: data.fold must be in 0..2, got 3\n"
    assert "data.fold is only read with data.folds" in fail(tmp_path, "train", "data.fold=0")
    alone = ["modality=text_contrastive", "phase=1", "data.folds=4"]
    assert "nothing to cross-validate" in fail(tmp_path, "train", *alone)


def test_wandb_has_a_run_a_fold_in_one_group(tmp_path: Path) -> None:
    own = ["modality=text_contrastive", "data.folds=2", "data.source.pairs=200", "logger=wandb"]
    own += ["training.phase_1.max_epochs=1", "training.phase_2.max_epochs=1"]
    succeed(tmp_path, "train", *own, "trainer.progress=false", "hydra.run.dir=runs/one")
    contents = [file.read_bytes() for file in sorted(tmp_path.rglob("*.wandb"))]
    assert len(contents) == 2
    for fold, content in enumerate(contents):
        assert f" fold {fold}".encode() in content
        assert b"runs/one" in content
        assert b"oof/f1_macro" in content
    for fold in range(2):
        assert (tmp_path / f"runs/one/fold_{fold}/diagnostics.json").is_file()
        assert (tmp_path / f"runs/one/fold_{fold}/checkpoints/phase_1/best.ckpt").is_file()


def test_a_folder_that_is_used_again_with_other_settings_can_be_carried_on(tmp_path: Path) -> None:
    own = ["modality=text", "data.source.pairs=200", "data.folds=3", "trainer.progress=false"]
    own += ["ckpt=auto", "hydra.run.dir=run"]
    succeed(tmp_path, "train", *own, "trainer.max_epochs=1")
    assert (tmp_path / "run/classes.csv").is_file()
    again = [*own, "trainer.max_epochs=2"]
    assert interrupt(tmp_path, signal.SIGTERM, 1, *again, line="fold 1: ") == 143
    output = succeed(tmp_path, "train", *again)
    assert "fold 0: trained in" in output
    assert "fold 2: 1" in output
    assert "epoch 1/1" not in output


def test_other_paraphrases_start_anew_where_that_was_asked_for(tmp_path: Path) -> None:
    lines = [json.dumps({"id": f"{number}", "text": "joy"}) for number in range(1, 100)]
    (tmp_path / "p.jsonl").write_text("\n".join(lines[:60]))
    own = ["modality=text", "data.source.pairs=200", "trainer.max_epochs=1"]
    own += ["trainer.progress=false", "paraphrases.file=p.jsonl"]
    for folds in ([], ["data.folds=2"]):
        these = [*own, *folds, f"hydra.run.dir=run{len(folds)}"]
        (tmp_path / "p.jsonl").write_text("\n".join(lines[:60]))
        succeed(tmp_path, "train", *these)
        (tmp_path / "p.jsonl").write_text("\n".join(lines))
        assert "have changed" in fail(tmp_path, "train", *these, "ckpt=last")
        output = succeed(tmp_path, "train", *these, "ckpt=auto")
        assert "or their paraphrases, have changed: training from the beginning" in output
