from __future__ import annotations

import os
import platform
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn import functional

from lfx.encoders.encoder import choose_trainable
from lfx.encoders.image import ImageEncoder
from lfx.modalities.checkpoints import load_classifier, read_checkpoint
from lfx.modalities.classifier import balanced_class_weights, classifier_class
from lfx.modalities.compute import choose_precision
from lfx.modalities.image import ImageClassifier
from lfx.modalities.optimization import Optimization
from lfx.modalities.resumption import require_same_data, resume_from
from lfx.runtime.errors import CheckpointError, ConfigError
from lfx.runtime.rundir import RunStatus, read_status

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("bad", "so", "good")


PROVENANCE = {
    "name": "mine",
    "seed": 3,
    "settings": {},
    "config_hash": "c",
    "data_fingerprint": "a",
    "split_fingerprint": "s",
    "splits": {"1": "train", "2": None},
    "paraphrases": None,
    "background": "white",
}


def build(**options: object) -> ImageClassifier:
    torch.manual_seed(0)
    encoder = ImageEncoder(
        architecture="test_resnet",
        architecture_args={},
        image_size=32,
        resize="squash",
        mean=[0.5] * 3,
        std=[0.25] * 3,
    )
    rates = Optimization(1e-3, 1e-3, weight_decay=0.0, warmup=0.1, decay="linear")
    arguments = {"classes": CLASSES, "dropout": 0.5, "optimization": rates, **options}
    classifier = ImageClassifier(encoder, **arguments)  # type: ignore[arg-type]
    classifier.provenance = dict(PROVENANCE)
    return classifier


def batch() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (4, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return {"image": images, "label": torch.tensor([0, 1, 2, 2]), "position": torch.arange(4)}


def save(classifier: ImageClassifier, file: Path) -> dict[str, object]:
    content: dict[str, object] = {"state_dict": classifier.state_dict()}
    classifier.on_save_checkpoint(content)
    torch.save(content, file)
    return content


def test_the_loss_is_the_smoothed_and_weighted_cross_entropy() -> None:
    classifier = build(dropout=0.0, label_smoothing=0.2, class_weights=[3.0, 1.0, 0.5]).eval()
    classifier.log = lambda *_, **__: None  # type: ignore[method-assign]
    loss = classifier.training_step(batch(), 0)
    logits, labels = classifier(batch()).detach().double(), batch()["label"]
    weights = torch.tensor([3.0, 1.0, 0.5]).double()
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        logs = torch.log_softmax(row, dim=0)
        for place in range(3):
            target = 0.8 * (place == label) + 0.2 / 3
            total -= float(target * weights[place] * logs[place])
    assert float(loss.detach()) == pytest.approx(total / float(weights[labels].sum()), rel=1e-5)


def test_pretrained_modes_do_not_survive_training_mode() -> None:
    classifier = build()
    classifier.eval()
    classifier.train()
    assert classifier.dropout.training
    assert all(part.training for part in classifier.encoder.backbone.modules())


def test_frozen_batch_norm_keeps_its_statistics_in_training() -> None:
    classifier = build()
    choose_trainable(classifier.encoder, "nothing", 1)
    classifier.train()
    before = {key: value.clone() for key, value in classifier.encoder.state_dict().items()}
    loss = functional.cross_entropy(classifier(batch()), batch()["label"])
    loss.backward()
    assert all(
        torch.equal(before[key], value) for key, value in classifier.encoder.state_dict().items()
    )
    assert classifier.head.weight.grad is not None
    assert classifier.dropout.training


def test_logits_are_full_precision_under_autocast() -> None:
    classifier = build().eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = classifier(batch())
    assert logits.dtype == torch.float32
    rounded = logits.to(torch.bfloat16).float()
    assert not torch.equal(logits, rounded)


def test_a_checkpoint_is_all_that_is_needed(tmp_path: Path) -> None:
    classifier = build(class_weights=[1.0, 2.0, 3.0]).eval()
    save(classifier, tmp_path / "one.ckpt")
    loaded, provenance = load_classifier(tmp_path / "one.ckpt")
    assert provenance.plain() == PROVENANCE
    assert loaded.classes == CLASSES
    assert loaded.class_weights == [1.0, 2.0, 3.0]
    assert not loaded.training
    assert torch.equal(loaded(batch()), classifier(batch()))


def test_a_checkpoint_of_a_foreign_class_is_refused(tmp_path: Path) -> None:
    for name, reason in (
        ("subprocess.Popen", "not lfx's own"),
        ("lfx.fuse.main", "not lfx's own; allowed: lfx.modalities.image.ImageClassifier"),
        ("lfx.modalities.smell.SmellClassifier", "not lfx's own"),
    ):
        content = save(build(), tmp_path / "bad.ckpt")
        content["lfx"]["module"] = name  # type: ignore[index]
        torch.save(content, tmp_path / "bad.ckpt")
        with pytest.raises(CheckpointError, match=reason):
            load_classifier(tmp_path / "bad.ckpt")


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    save(build(), tmp_path / "whole.ckpt")
    content = (tmp_path / "whole.ckpt").read_bytes()
    (tmp_path / "half.ckpt").write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="is damaged, or no checkpoint"):
        read_checkpoint(tmp_path / "half.ckpt")


def test_resuming_needs_an_unfinished_run(tmp_path: Path) -> None:
    (tmp_path / "runs/this").mkdir(parents=True)
    with pytest.raises(CheckpointError, match="there is no unfinished run in"):
        resume_from("last", tmp_path / "runs/this", {})
    (tmp_path / "runs/alive").mkdir()
    alive = RunStatus("train", started="2027", pid=os.getpid(), host=platform.node())
    alive.write(tmp_path / "runs/alive")
    with pytest.raises(CheckpointError, match="there is no unfinished run in"):
        resume_from("last", tmp_path / "runs/this", {})
    (tmp_path / "runs/killed").mkdir()
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    RunStatus("train", started="2026", pid=killed.pid).write(tmp_path / "runs/killed")
    assert resume_from("last", tmp_path / "runs/this", {}) is None


def unfinished(folder: Path, started: str, settings: dict[str, object]) -> Path:
    """Leave what an interrupted run leaves."""
    classifier = build()
    classifier.provenance["settings"] = settings
    (folder / "checkpoints").mkdir(parents=True)
    content = save(classifier, folder / "checkpoints/last.ckpt") | {"optimizer_states": []}
    torch.save(content, folder / "checkpoints/last.ckpt")
    RunStatus("train", state="interrupted", started=started).write(folder)
    return folder


def test_the_newest_run_with_these_settings_is_carried_on_once(tmp_path: Path) -> None:
    unfinished(tmp_path / "old", "1", {"seed": 0})
    mine = unfinished(tmp_path / "mine", "2", {"seed": 0})
    unfinished(tmp_path / "other", "3", {"seed": 1})
    damaged = unfinished(tmp_path / "damaged", "4", {"seed": 0})
    (damaged / "checkpoints/last.ckpt").write_bytes(b"PK")
    this = tmp_path / "this"
    resumed = resume_from("last", this, {"seed": 0})
    assert resumed is not None
    assert resumed.file == this / "checkpoints/last.ckpt"
    status = read_status(mine)
    assert status is not None
    assert status.resumed_by == str(this)
    status.write(this)
    again = tmp_path / "again"
    assert resume_from("last", again, {"seed": 0}) is not None
    old = read_status(tmp_path / "old")
    assert old is not None
    assert old.resumed_by == str(again)
    with pytest.raises(CheckpointError, match=r"(?s)other settings:.*seed: 1 there, 2 here"):
        resume_from("last", tmp_path / "none", {"seed": 2})


def test_in_a_multirun_other_jobs_are_not_carried_on(tmp_path: Path) -> None:
    unfinished(tmp_path / "0", "1", {"seed": 0})
    assert resume_from("last", tmp_path / "1", {"seed": 0}, siblings=False) is None
    own = resume_from("last", tmp_path / "0", {"seed": 0}, siblings=False)
    assert own is not None
    assert own.file == tmp_path / "0/checkpoints/last.ckpt"


def test_a_run_is_not_carried_on_with_other_data(tmp_path: Path) -> None:
    unfinished(tmp_path, "1", {})
    resumed = resume_from("last", tmp_path, {})
    assert resumed is not None
    require_same_data(resumed, {"data_fingerprint": "a", "split_fingerprint": "s"})
    with pytest.raises(CheckpointError, match="was trained on other data and other split"):
        require_same_data(resumed, {"data_fingerprint": "b", "split_fingerprint": "c"})


def test_weights_alone_cannot_be_carried_on(tmp_path: Path) -> None:
    save(build(), tmp_path / "best.ckpt")
    with pytest.raises(CheckpointError, match=r"holds weights only; .* its run's last\.ckpt"):
        resume_from(str(tmp_path / "best.ckpt"), tmp_path / "run", {})


def test_a_checkpoint_that_lacks_a_part_is_of_another_version(tmp_path: Path) -> None:
    content = save(build(), tmp_path / "old.ckpt")
    del content["lfx"]["classifier"]  # type: ignore[attr-defined]
    torch.save(content, tmp_path / "old.ckpt")
    with pytest.raises(
        CheckpointError, match=r"or of another version of lfx:\n  - lfx.classifier is missing"
    ):
        load_classifier(tmp_path / "old.ckpt")


def test_balanced_weights_make_classes_count_the_same() -> None:
    counts = [10, 30, 60]
    weights = balanced_class_weights(counts)
    products = [weight * count for weight, count in zip(weights, counts, strict=True)]
    assert products == pytest.approx([100 / 3] * 3)


@pytest.mark.parametrize("path", ["nothing", "lfx.nowhere.Thing", "lfx.modalities.image.Thing"])
def test_a_class_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(ConfigError, match=f"modality._target_={path} cannot be imported"):
        classifier_class(path)
    with pytest.raises(ConfigError, match=r"is no lfx\.modalities\.classifier\.Classifier"):
        classifier_class("lfx.encoders.image.ImageEncoder")


def test_precision_follows_the_hardware() -> None:
    device = torch.device("cpu")
    assert choose_precision("fp32", device) == "fp32"
    assert choose_precision("bf16", device) == "bf16"
    assert choose_precision("auto", device) in {"fp32", "bf16"}
    assert choose_precision("auto", torch.device("mps")) == "fp32"
    assert isinstance(build().head, nn.Linear)


def test_the_heads_weights_are_penalised():
    model = build(dropout=0.0, l2=0.01).eval()
    model.log = lambda *_, **__: None  # type: ignore[method-assign]
    penalised = model.training_step(batch(), 0)
    model.l2 = 0.0
    squares = model.head.weight.square().sum()  # type: ignore[operator, union-attr]
    torch.testing.assert_close(penalised, model.training_step(batch(), 0) + 0.01 * squares)


def test_a_checkpoint_keeps_the_penalty(tmp_path: Path):
    save(build(l2=0.01), tmp_path / "a.ckpt")
    restored, _ = load_classifier(tmp_path / "a.ckpt")
    assert restored.l2 == 0.01
