from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from running import SMALL, Trained, environment, fail, interrupt, succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


ENDS = ("csv", "png")


def test_a_run_leaves_what_its_contract_says(trained: Trained) -> None:
    for run in (trained.image, trained.text):
        for name in (
            "predictions.parquet",
            "metrics.json",
            "checkpoints/best.ckpt",
            "checkpoints/last.ckpt",
            ".hydra/config.yaml",
            "train.log",
            "status.json",
            "csv/metrics.csv",
            *(f"{name}.{end}" for name in ("classes", "per_class", "confusion") for end in ENDS),
        ):
            assert (run / name).is_file(), name
        status = json.loads((run / "status.json").read_text())
        assert status["state"] == "completed"
        published = trained.folder / f"outputs/artifacts/demo/{run.name}.parquet"
        assert published.read_bytes() == (run / "predictions.parquet").read_bytes()


def test_metrics_have_the_names_of_the_contract(trained: Trained) -> None:
    metrics = json.loads((trained.text / "metrics.json").read_text())
    assert list(metrics) == ["val", "test"]
    names = "accuracy balanced_accuracy f1_macro f1_weighted nll ece support per_class"
    for split in metrics.values():
        assert set(names.split()) <= set(split)
        assert list(split["per_class"]) == ["negative", "neutral", "positive"]
        for scores in split["per_class"].values():
            assert list(scores) == ["precision", "recall", "f1", "support"]


def test_predictions_are_those_of_validation_and_test(trained: Trained) -> None:
    predictions = read_predictions(trained.image / "predictions.parquet")
    assert set(predictions.split) == {"val", "test"}
    assert predictions.metadata.modality == "image"
    assert predictions.metadata.classes == ("negative", "neutral", "positive")
    other = read_predictions(trained.text / "predictions.parquet").metadata
    assert predictions.metadata.data_fingerprint == other.data_fingerprint
    assert predictions.metadata.split_fingerprint == other.split_fingerprint


def test_the_epochs_are_told(trained: Trained) -> None:
    assert "epoch 2/2: train loss" in trained.text_output
    assert "samples (negative" in trained.text_output


def test_every_checkpoint_loads_without_executing_anything(trained: Trained) -> None:
    files = [*trained.image.glob("checkpoints/*"), *trained.text.glob("checkpoints/*")]
    assert len(files) == 4
    for file in files:
        assert "state_dict" in torch.load(file, weights_only=True)


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_same_seed_gives_the_same_bits(trained: Trained, modality: str) -> None:
    run = trained.folder / f"runs/again_{modality}"
    arguments = [f"modality={modality}", *SMALL, f"name=again_{modality}"]
    succeed(trained.folder, "train", *arguments, f"hydra.run.dir={run}")
    again = read_predictions(run / "predictions.parquet")
    first = read_predictions(trained.folder / f"runs/{modality}/predictions.parquet")
    assert np.array_equal(again.sample_id, first.sample_id)
    assert np.array_equal(again.logits, first.logits)


def test_another_seed_gives_other_predictions(trained: Trained) -> None:
    run = trained.folder / "runs/other"
    arguments = ["modality=text", *SMALL, "seed=1", "name=other"]
    succeed(trained.folder, "train", *arguments, f"hydra.run.dir={run}")
    other = read_predictions(run / "predictions.parquet")
    assert not np.array_equal(
        other.logits, read_predictions(trained.text / "predictions.parquet").logits
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "status", "ckpt", "folder"),
    [(signal.SIGTERM, 143, "last", "cut/second"), (signal.SIGINT, 130, "auto", "cut/first")],
)
def test_an_interrupted_run_fails_and_resumes_to_the_same_bits(
    tmp_path: Path, number: signal.Signals, status: int, ckpt: str, folder: str
) -> None:
    arguments = ["modality=text", "data.source.pairs=200", "trainer.max_epochs=12"]
    arguments += ["trainer.patience=12", "trainer.progress=false"]
    assert interrupt(tmp_path, number, 3, *arguments, "hydra.run.dir=cut/first") == status
    state = json.loads((tmp_path / "cut/first/status.json").read_text())["state"]
    assert state == "interrupted"
    assert not (tmp_path / "cut/first/predictions.parquet").exists()
    output = succeed(tmp_path, "train", *arguments, f"ckpt={ckpt}", f"hydra.run.dir={folder}")
    assert "resuming from" in output
    assert "epoch 1/12" not in output
    succeed(tmp_path, "train", *arguments, "hydra.run.dir=whole/only")
    resumed = read_predictions(tmp_path / folder / "predictions.parquet")
    whole = read_predictions(tmp_path / "whole/only/predictions.parquet")
    assert np.array_equal(resumed.logits, whole.logits)


def test_resuming_is_refused_where_it_makes_no_sense(trained: Trained, tmp_path: Path) -> None:
    arguments = ["modality=text", *SMALL, f"hydra.run.dir={tmp_path}/new/run"]
    message = fail(trained.folder, "train", *arguments, "ckpt=last")
    assert "there is no unfinished run" in message
    output = succeed(trained.folder, "train", *arguments, "ckpt=auto")
    assert "ckpt=auto: no unfinished run of this kind" in output
    output = succeed(trained.folder, "train", *arguments, "ckpt=auto", "seed=5")  # in its folder
    assert "ckpt=auto: no unfinished run of this kind" in output
    message = fail(trained.folder, "train", *arguments, "ckpt=nowhere.ckpt")
    assert "there is no such file" in message
    last = trained.text / "checkpoints/last.ckpt"
    message = fail(trained.folder, "train", *arguments, f"ckpt='{last}'", "seed=5")
    assert "trained with other settings" in message
    assert "seed: 0 there, 5 here" in message


def test_a_moved_run_keeps_its_best_model(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.text, tmp_path / "moved")
    arguments = ["modality=text", *SMALL, f"hydra.run.dir={tmp_path}/moved"]
    for ckpt in ("last", f"'{tmp_path}/moved/checkpoints/last.ckpt'"):
        succeed(trained.folder, "train", *arguments, f"ckpt={ckpt}")
        assert np.array_equal(
            read_predictions(tmp_path / "moved/predictions.parquet").logits,
            read_predictions(trained.text / "predictions.parquet").logits,
        )


def test_folders_that_cannot_be_written_to_are_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for key in ("artifacts.dir", "data.cache_dir"):
        message = fail(tmp_path, "train", *SMALL, f"{key}=file", "hydra.run.dir=run")
        assert f"error: {key}=file is not a folder that can be written to" in message
        assert not (tmp_path / "run/checkpoints").exists()
    assert "File exists: 'file'" in fail(tmp_path, "train", *SMALL, "hydra.run.dir=file")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """A limit on a file's size, 8,000 blocks of 512 bytes, stands for the disk's end."""
    command = [sys.executable, "-m", "lfx.train", *SMALL, "hydra.run.dir=run"]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 8000 && exec "$@"', "sh", *command],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert f"File too large; {tmp_path}/run is unfinished. Free space" in done.stderr
    status = json.loads((tmp_path / "run/status.json").read_text())
    assert status["state"] == "failed"
    assert not (tmp_path / "outputs/artifacts/demo/image.parquet").exists()


def test_mistakes_are_told_together_without_a_traceback(tmp_path: Path) -> None:
    message = fail(tmp_path, "train", "modality=text", "trainer.patience=x", "nmae=a")
    assert "trainer.patience" in message
    assert "nmae=a" in message
    message = fail(tmp_path, "train", "modality=text", "encoder.max_length=1", "trainer.patience=0")
    assert "encoder.max_length must be at least 8" in message
    assert "trainer.patience must be at least 1" in message
    message = fail(tmp_path, "train", "modality=text", "encoder=resnet50", "loss=supcon")
    assert "encoder=resnet50 reads image" in message
    assert "loss is for training in two phases" in message
    message = fail(tmp_path, "train", "modality=smell")
    assert "image" in message
    assert "text" in message
    assert "encoder" in fail(tmp_path, "train", "encoder=null")
    message = fail(tmp_path, "train", "data=mvsa_single")
    assert "data.root is required" in message
    message = fail(tmp_path, "train", "data=mvsa_single", "data.root=nowhere")
    assert "data.root=nowhere is not a folder" in message


def test_a_damaged_image_stops_an_image_model_unless_it_is_to_be_dropped(
    trained: Trained, tmp_path: Path
) -> None:
    root = tmp_path / "tweets"
    shutil.copytree(trained.folder / "outputs/data/demo", root)
    (root / "data/7.jpg").write_bytes(b"")
    data = ["data=mvsa_single", f"data.root={root}", "trainer.max_epochs=1"]
    message = fail(tmp_path, "train", "modality=image", *data)
    assert "bad samples: 1" in message
    assert "7: the file is empty" in message
    output = succeed(tmp_path, "train", "modality=image", *data, "data.on_bad_sample=drop")
    assert "7: the file is empty" in output
    assert "7: " not in succeed(tmp_path, "train", "modality=text", *data)


def test_a_run_without_a_test_split(trained: Trained, tmp_path: Path) -> None:
    lines = ["id,split"]
    lines += [f"{number},{'val' if number % 4 == 0 else 'train'}" for number in range(1, 150)]
    (tmp_path / "split.csv").write_text("\n".join(lines))
    arguments = ["modality=text", *SMALL, "data.split=file"]
    arguments += [f"data.split_file={tmp_path}/split.csv", "name=halves"]
    succeed(trained.folder, "train", *arguments, f"hydra.run.dir={tmp_path}/run")
    assert list(json.loads((tmp_path / "run/metrics.json").read_text())) == ["val"]


def test_loggers_in_a_multirun(trained: Trained, tmp_path: Path) -> None:
    arguments = ["modality=text", *SMALL, "trainer.max_epochs=1", "name=sweep"]
    arguments += ["logger=wandb,tensorboard,none", f"hydra.sweep.dir={tmp_path}/sweep"]
    succeed(trained.folder, "train", "-m", *arguments)
    assert len(list((tmp_path / "sweep/0").rglob("*.wandb"))) == 1
    assert list((tmp_path / "sweep/1").rglob("events.out.tfevents*"))
    left = {path.name for path in (tmp_path / "sweep/2").iterdir()}
    assert left.isdisjoint({"csv", "wandb", "tensorboard"})
    assert not (trained.folder / "lightning_logs").exists()


def test_wandb_has_one_run_a_job_in_one_group(trained: Trained, tmp_path: Path) -> None:
    arguments = ["modality=text", *SMALL, "trainer.max_epochs=1", "name=sweep"]
    arguments += ["logger=wandb", "seed=1,2", f"hydra.sweep.dir={tmp_path}/sweep"]
    succeed(trained.folder, "train", "-m", *arguments)
    files = sorted(tmp_path.rglob("*.wandb"))
    contents = [file.read_bytes() for file in files]
    (summary,) = [content for content in contents if b"train sweep" in content]
    contents.remove(summary)
    assert len(contents) == 2
    for seed, content in zip((1, 2), contents, strict=True):
        assert f" seed {seed}".encode() in content
        assert f"{tmp_path.name}/sweep".encode() in content
        assert b"test/f1_macro" in content


def test_a_failing_job_leaves_the_others_alone(trained: Trained, tmp_path: Path) -> None:
    arguments = ["modality=text", *SMALL, "trainer.max_epochs=1", "name=sweep"]
    arguments += ["head.dropout=2.0,0.1", f"hydra.sweep.dir={tmp_path}/sweep"]
    message = fail(trained.folder, "train", "-m", *arguments)
    assert "head.dropout must be at least 0 and below 1" in message
    states = [
        json.loads((tmp_path / f"sweep/{job}/status.json").read_text())["state"] for job in (0, 1)
    ]
    assert states == ["failed", "completed"]
