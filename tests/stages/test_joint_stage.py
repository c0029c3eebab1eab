"""Joint models as users run them: trained, resumed, cross-validated, predicted, fused."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from running import SMALL, Trained, fail, interrupt, succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def noted_of(run: Path) -> dict[str, Any]:
    """What a run has noted of its training, without what it cost, which is never the same."""
    noted = json.loads((run / "training.json").read_text())
    assert noted.pop("cost")["seconds"] > 0
    return noted


def logits_of(file: Path) -> dict[str, np.ndarray]:
    predictions = read_predictions(file)
    return dict(zip(predictions.sample_id, predictions.logits, strict=True))


def test_a_joint_model_is_a_member_like_any_other(trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "run"
    own = ["modality=joint", "joint=gated", *SMALL, f"hydra.run.dir={run}"]
    output = succeed(trained.folder, "train", *own)
    assert "epoch 2/2" in output
    for name in ("predictions.parquet", "metrics.json", "checkpoints/best.ckpt", "training.json"):
        assert (run / name).is_file(), name
    assert json.loads((run / "training.json").read_text())["epochs_in_all"] == 2
    published = trained.folder / "outputs/artifacts/demo/joint.parquet"
    assert read_predictions(published).metadata.modality == "joint"
    members = [f"members.joint='{published}'", "name=three", f"hydra.run.dir={tmp_path}/fused"]
    succeed(trained.folder, "fuse", *members)
    weights = json.loads((tmp_path / "fused/weights.json").read_text())
    assert weights["members"] == ["image", "joint", "text"]
    reported = succeed(trained.folder, "report", f"runs={tmp_path}")
    assert "gated(tiny_image + tiny_text)" in reported
    data = ["data.source.pairs=200", f"hydra.run.dir={tmp_path}/predicted"]
    succeed(trained.folder, "predict", f"ckpt='{run}/checkpoints/best.ckpt'", *data)
    ours = logits_of(run / "predictions.parquet")
    again = logits_of(tmp_path / "predicted/predictions.parquet")
    for name, logits in ours.items():
        np.testing.assert_allclose(again[name], logits, rtol=0.05, atol=0.05)


def test_parts_start_from_runs_of_one_modality(trained: Trained, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    shutil.copytree(trained.text, starts)
    own = ["modality=joint", *SMALL, "name=started", f"start.text={starts}"]
    output = succeed(trained.folder, "train", *own, f"hydra.run.dir={tmp_path}/run")
    assert "text starts from text, trained for 2 epochs" in output
    noted = noted_of(tmp_path / "run")
    assert noted["starts"]["text"]["epochs"] == 2
    assert noted["epochs_in_all"] == 4
    shutil.rmtree(starts)
    resumed = succeed(trained.folder, "train", *own, "ckpt=last", f"hydra.run.dir={tmp_path}/run")
    assert "resuming from" in resumed
    assert noted_of(tmp_path / "run") == noted
    for given, message in (
        ("start.text=gone", "start.text=gone: there is no such file"),
        (f"start.image={trained.text}", "is of another encoder, which reads text"),
        (f"start.text={trained.text} data.split_seed=5", "was trained on another split"),
        (f"start.text={trained.text} data.source.pairs=190", "on another data set"),
    ):
        arguments = ["modality=joint", *SMALL, "name=wrong_start", *given.split(" ")]
        told = fail(trained.folder, "train", *arguments, f"hydra.run.dir={tmp_path}/failed")
        assert message in told
        assert not (tmp_path / "failed/checkpoints").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("kind", "line", "precision"),
    [
        ("joint=hybrid joint@joint.inner=cross_attention", "epoch ", "bf16"),
        ("training=cross_modal", "phase 1, epoch", "fp32"),
        ("training=cross_modal", "phase 2, epoch", "fp32"),
    ],
)
def test_a_killed_run_resumes_to_the_same_bits(
    tmp_path: Path, kind: str, line: str, precision: str
) -> None:
    arguments = ["modality=joint", *kind.split(" "), "data.source.pairs=200", "logger=none"]
    arguments += ["trainer.max_epochs=6", "trainer.patience=6", "trainer.progress=false"]
    arguments += [f"trainer.precision={precision}", "trainer.device=cpu"]
    status = interrupt(
        tmp_path, signal.SIGTERM, 2, *arguments, "hydra.run.dir=cut/first", line=line
    )
    assert status == 143
    output = succeed(tmp_path, "train", *arguments, "ckpt=last", "hydra.run.dir=cut/second")
    assert "resuming from" in output
    assert f"{line.strip()} 1/6" not in output
    succeed(tmp_path, "train", *arguments, "hydra.run.dir=whole/only")
    resumed = read_predictions(tmp_path / "cut/second/predictions.parquet")
    whole = read_predictions(tmp_path / "whole/only/predictions.parquet")
    assert np.array_equal(resumed.logits, whole.logits)
    noted = [noted_of(tmp_path / run) for run in ("cut/second", "whole/only")]
    assert noted[0] == noted[1]
    phases = ["train"] if "cross_modal" not in kind else ["phase_1", "phase_2"]
    assert noted[1]["epochs"] == dict.fromkeys(phases, 6)


def test_folds_start_from_the_same_folds(tmp_path: Path) -> None:
    short = [*SMALL, "trainer.max_epochs=1", "data.folds=2", "logger=none"]
    succeed(tmp_path, "train", "modality=text", *short, "hydra.run.dir=text")
    own = ["modality=joint", *short, "start.text=text"]
    output = succeed(tmp_path, "train", *own, "hydra.run.dir=joint")
    assert "text/fold_0/checkpoints/best.ckpt" in output
    assert "text/fold_1/checkpoints/best.ckpt" in output
    assert json.loads((tmp_path / "joint/fold_1/training.json").read_text())["epochs_in_all"] == 2
    oof = read_predictions(tmp_path / "joint/predictions.parquet")
    assert set(oof.fold) == {0, 1}
    # One model for all samples has seen what the other fold's model is tried on.
    succeed(tmp_path, "train", "modality=text", *short[:-2], "logger=none", "hydra.run.dir=whole")
    wrong = [*own[:-1], "start.text=whole/checkpoints/best.ckpt", "name=wrong"]
    told = fail(tmp_path, "train", *wrong, "hydra.run.dir=wrong")
    assert "was trained on another split" in told
