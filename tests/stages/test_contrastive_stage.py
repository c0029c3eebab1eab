"""Two phases as users run them: one command or two, interrupted or not, swept and fused."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from running import SMALL, Trained, fail, interrupt, succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

KINDS = ("image_contrastive", "text_contrastive")


@pytest.fixture(scope="module")
def contrastive(trained: Trained) -> dict[str, Path]:
    """Train both contrastive members beside the two others."""
    runs = {}
    for kind in KINDS:
        runs[kind] = trained.folder / f"runs/{kind}"
        succeed(trained.folder, "train", f"modality={kind}", *SMALL, f"hydra.run.dir={runs[kind]}")
    return runs


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_leaves_what_any_run_leaves_and_a_look_at_its_embeddings(
    trained: Trained, contrastive: dict[str, Path], kind: str
) -> None:
    run = contrastive[kind]
    for name in (
        "predictions.parquet",
        "metrics.json",
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
        "checkpoints/phase_1/best.ckpt",
        "checkpoints/phase_1/last.ckpt",
        "diagnostics.json",
        "embeddings.png",
        "csv/metrics.csv",
    ):
        assert (run / name).is_file(), name
    header = (run / "csv/metrics.csv").read_text().splitlines()[0].split(",")
    assert {"phase_1/train/loss", "phase_1/val/loss", "phase_1/train/unpaired"} <= set(header)
    assert {"train/loss", "val/loss", "val/accuracy", "test/f1_macro"} <= set(header)
    published = trained.folder / f"outputs/artifacts/demo/{kind}.parquet"
    assert published.read_bytes() == (run / "predictions.parquet").read_bytes()
    assert read_predictions(published).metadata.modality == kind.partition("_")[0]


def test_they_fuse_like_any_member(trained: Trained, contrastive: dict[str, Path]) -> None:
    members = [f"members.{kind}='{run}/predictions.parquet'" for kind, run in contrastive.items()]
    run = trained.folder / "runs/fused_four"
    succeed(trained.folder, "fuse", *members, "name=four", f"hydra.run.dir={run}")
    weights = json.loads((run / "weights.json").read_text())
    assert weights["members"] == ["image", "image_contrastive", "text", "text_contrastive"]
    assert sum(weights["weights"]) == pytest.approx(1)


def test_the_checkpoint_predicts_what_the_run_predicted(
    trained: Trained, contrastive: dict[str, Path], tmp_path: Path
) -> None:
    run = contrastive["image_contrastive"]
    arguments = [f"ckpt='{run}/checkpoints/best.ckpt'", "data.source.pairs=200"]
    succeed(trained.folder, "predict", *arguments, f"hydra.run.dir={tmp_path}")
    ours = read_predictions(run / "predictions.parquet")
    again = read_predictions(tmp_path / "predictions.parquet")
    places = {name: place for place, name in enumerate(again.sample_id)}
    rows = [places[name] for name in ours.sample_id]
    np.testing.assert_allclose(again.logits[rows], ours.logits, rtol=0.05, atol=0.05)


def test_two_commands_give_the_bits_of_one(
    trained: Trained, contrastive: dict[str, Path], tmp_path: Path
) -> None:
    kind = "text_contrastive"
    arguments = [f"modality={kind}", *SMALL, "name=in_two"]
    output = succeed(
        trained.folder, "train", *arguments, "phase=1", f"hydra.run.dir={tmp_path}/first"
    )
    assert "phase 1 alone predicts nothing" in output
    assert not (tmp_path / "first/predictions.parquet").exists()
    assert (tmp_path / "first/diagnostics.json").is_file()
    file = tmp_path / "first/checkpoints/phase_1/best.ckpt"
    second = [*arguments, "phase=2", f"phase_1_ckpt='{file}'"]
    output = succeed(trained.folder, "train", *second, f"hydra.run.dir={tmp_path}/second")
    assert "phase 1, epoch" not in output
    assert np.array_equal(
        read_predictions(tmp_path / "second/predictions.parquet").logits,
        read_predictions(contrastive[kind] / "predictions.parquet").logits,
    )
    # The run has its own copy of what it started from.
    shutil.rmtree(tmp_path / "first")
    assert (tmp_path / "second/checkpoints/phase_1/best.ckpt").is_file()
    message = fail(
        trained.folder, "predict", f"ckpt='{tmp_path}/second/checkpoints/phase_1/best.ckpt'"
    )
    assert "is of phase 1 and has no classifier yet" in message


def test_what_begins_anew_takes_the_phase_1_that_is_given(
    contrastive: dict[str, Path], tmp_path: Path
) -> None:
    given = tmp_path / "phase_1.ckpt"
    shutil.copy2(contrastive["text_contrastive"] / "checkpoints/phase_1/best.ckpt", given)
    lines = [json.dumps({"id": f"{number}", "text": "joy"}) for number in range(1, 100)]
    own = ["modality=text_contrastive", *SMALL, "phase=2", f"phase_1_ckpt='{given}'"]
    own += ["training.phase_2.max_epochs=1", "paraphrases.file=p.jsonl", "ckpt=auto"]
    taken = tmp_path / "run/checkpoints/phase_1/best.ckpt"
    for turn in range(2):
        (tmp_path / "p.jsonl").write_text("\n".join(lines[: 60 + turn]))
        output = succeed(tmp_path, "train", *own, "hydra.run.dir=run")
        assert taken.read_bytes() == given.read_bytes()
        retrained = torch.load(given, weights_only=True)
        retrained["lfx"]["provenance"]["name"] = "retrained"
        torch.save(retrained, given)
    assert "or their paraphrases, have changed: training from the beginning" in output


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("phase", [1, 2])
def test_an_interrupted_run_resumes_in_its_phase_to_the_same_bits(
    tmp_path: Path, phase: int
) -> None:
    arguments = ["modality=text_contrastive", "data.source.pairs=200", "trainer.progress=false"]
    arguments += ["trainer.max_epochs=12", "trainer.patience=12"]
    arguments += ["training.phase_2.max_epochs=100", "training.phase_2.patience=100"]
    number = signal.SIGTERM if phase == 1 else signal.SIGINT
    status = interrupt(
        tmp_path,
        number,
        3 if phase == 1 else 2,
        *arguments,
        "hydra.run.dir=cut/first",
        line=f"phase {phase}, epoch",
    )
    assert status == (143 if phase == 1 else 130)
    assert json.loads((tmp_path / "cut/first/status.json").read_text())["state"] == "interrupted"
    assert (tmp_path / "cut/first/checkpoints/last.ckpt").exists() == (phase == 2)
    output = succeed(tmp_path, "train", *arguments, "ckpt=last", "hydra.run.dir=cut/second")
    assert "resuming from" in output
    assert "phase 1, epoch 1/12" not in output
    assert ("phase 1, epoch" in output) == (phase == 1)
    assert "phase 2, epoch 100/100" in output
    if phase == 2:
        assert "phase 2, epoch 1/100" not in output
    succeed(tmp_path, "train", *arguments, "hydra.run.dir=whole/only")
    resumed = read_predictions(tmp_path / "cut/second/predictions.parquet")
    whole = read_predictions(tmp_path / "whole/only/predictions.parquet")
    assert np.array_equal(resumed.logits, whole.logits)


def test_bad_settings_stop_before_training(
    trained: Trained, contrastive: dict[str, Path], tmp_path: Path
) -> None:
    first = contrastive["image_contrastive"] / "checkpoints/phase_1/best.ckpt"
    for arguments, text in (
        ("training.phase_1.batch_size=3", "batch_size must be at least 4 for this loss, got 3"),
        (
            "trainer.batch_size=8 training.phase_1.samples_per_class=5",
            "holds fewer than two classes, and there is nothing to contrast; allowed is 10",
        ),
        ("loss=combined loss.weight=1.2", "loss.weight must be at least 0 and at most 1, got 1.2"),
        ("loss=supcon loss.temperature=0", "loss.temperature must be above 0, got 0"),
        ("phase=2", "phase=2 needs the encoder of a phase 1: phase_1_ckpt="),
        (
            f"phase=2 phase_1_ckpt='{first}' encoder.architecture=resnet18",
            "encoder.architecture: 'resnet10t' there, 'resnet18' here",
        ),
        (
            f"phase=2 phase_1_ckpt='{first}' data.split=random",
            "samples that this run validates or tests on",
        ),
    ):
        run = tmp_path / "run"
        given = ["modality=image_contrastive", *SMALL, *arguments.split(" ")]
        message = fail(trained.folder, "train", *given, f"hydra.run.dir={run}")
        assert text in message, (arguments, message)
        assert not (run / "checkpoints").exists()


def test_wandb_has_one_run_for_both_phases_and_the_picture(
    trained: Trained, tmp_path: Path
) -> None:
    arguments = ["modality=text_contrastive", *SMALL, "trainer.max_epochs=1", "name=logged"]
    arguments += ["logger=wandb", "training.phase_2.max_epochs=3"]
    succeed(trained.folder, "train", *arguments, f"hydra.run.dir={tmp_path}/run")
    (file,) = tmp_path.rglob("*.wandb")
    content = file.read_bytes()
    for key in (b"phase_1/val/loss", b"val/accuracy", b"diagnostics/phase_2/after/silhouette"):
        assert key in content, key
    assert len(list(tmp_path.rglob("media/images/embeddings*.png"))) == 1


def test_the_ablation_ends_in_one_table(tmp_path: Path) -> None:
    arguments = ["experiment=contrastive_ablation", *SMALL, "trainer.max_epochs=1"]
    arguments += ["modality=text,text_contrastive", "seed=0,1", f"hydra.sweep.dir={tmp_path}/sweep"]
    output = succeed(tmp_path, "train", *arguments)
    with (tmp_path / "sweep/seeds.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["name"], row["runs"]) for row in rows] == [
        ("text", "2"),
        ("text_contrastive", "2"),
        ("text_contrastive - text", "2"),
    ]
    for row in rows[:2]:
        for score in ("accuracy", "macro F1", "F1 negative", "F1 neutral", "F1 positive"):
            assert 0 <= float(row[f"test {score} mean"]) <= 1
            assert float(row[f"test {score} sd"]) >= 0
    assert "text_contrastive - text" in (tmp_path / "sweep/seeds.md").read_text()
    assert output.rstrip().endswith("sweep.parquet, seeds.csv, seeds.md, seeds.tex")
    # One seed's two models have the same split, another seed has another one.
    splits = [
        read_predictions(tmp_path / f"sweep/{job}/predictions.parquet").metadata.split_fingerprint
        for job in range(4)
    ]
    assert splits[0] == splits[2] != splits[1] == splits[3]
    reported = succeed(tmp_path, "report", f"runs={tmp_path}/sweep", "over_seeds=true")
    assert "difference" in reported


def test_a_multirun_with_a_failed_job_has_its_table_all_the_same(tmp_path: Path) -> None:
    arguments = ["modality=text", *SMALL, "trainer.max_epochs=1", "seed=0,1,-1"]
    fail(tmp_path, "train", "-m", *arguments, f"hydra.sweep.dir={tmp_path}/sweep")
    with (tmp_path / "sweep/seeds.csv").open(newline="") as stream:
        assert [row["runs"] for row in csv.DictReader(stream)] == ["2"]
