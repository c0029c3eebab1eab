"""From a checkpoint to its model: the file has all that is needed, and no stranger's class."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lfx.modalities.image.modality import ImageModality
from lfx.models.heads import LinearHead, MlpHead
from lfx.runs.checkpoint_file import write_content
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import find_class, restore, restore_encoder, restore_modality
from lfx.runtime.errors import CheckpointError

HEADS = [LinearHead(dropout=0.5, l2=0.01), MlpHead(dropout=0.2, hidden=7)]
OWN = """
from dataclasses import dataclass
from torch import nn
from lfx.models.heads import Head

print("imported")

@dataclass(frozen=True, kw_only=True)
class {name}(Head):
    bias: bool = True

    def build(self, features, classes):
        return nn.Linear(features, classes, bias=self.bias)
"""


@pytest.mark.parametrize("head", HEADS, ids=lambda head: type(head).__name__)
def test_a_checkpoint_is_all_that_is_needed(
    make_classifier, content_of, image_batch, tmp_path, head
):
    classifier = make_classifier(head).eval()
    write_content(tmp_path / "one.ckpt", content_of(classifier, head))
    checkpoint = read_checkpoint(tmp_path / "one.ckpt")
    loaded = restore(checkpoint)
    assert (loaded.classes, loaded.dropout.p, loaded.l2) == (
        ("bad", "so", "good"),
        head.dropout,
        head.l2,
    )
    assert not loaded.training
    assert torch.equal(loaded(image_batch), classifier(image_batch))
    assert isinstance(restore_modality(checkpoint), ImageModality)
    encoder = restore_encoder(checkpoint)
    assert encoder.description() == classifier.encoder.description()


def test_the_first_look_leaves_no_trace(make_classifier, content_of, tmp_path):
    """What is compared with the weights first draws no random number, and leaves no hook."""
    write_content(tmp_path / "one.ckpt", content_of(make_classifier()))
    checkpoint = read_checkpoint(tmp_path / "one.ckpt")
    torch.manual_seed(0)
    restore(checkpoint)
    state = torch.get_rng_state()
    make_classifier()
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.nn.modules.module._global_parameter_registration_hooks


@pytest.mark.parametrize("key", ["modality", "encoder", "head"])
@pytest.mark.parametrize(
    "path", ["subprocess.Popen", "lfx.train.main", "lfx.modalities.smell.SmellModality", "", "a b"]
)
def test_a_class_of_strangers_is_refused(make_classifier, content_of, tmp_path, key, path):
    content = content_of(make_classifier())
    content["lfx"][key]["class"] = path
    write_content(tmp_path / "bad.ckpt", content)
    checkpoint = read_checkpoint(tmp_path / "bad.ckpt")
    build = restore_modality if key == "modality" else restore
    with pytest.raises(CheckpointError, match=f"names the class {path!r}, which is not lfx's own"):
        build(checkpoint)


def test_a_class_of_lfx_at_another_place_is_refused(make_classifier, content_of, tmp_path):
    content = content_of(make_classifier())
    content["lfx"]["head"]["class"] = "lfx.modalities.image.modality.ImageModality"
    write_content(tmp_path / "bad.ckpt", content)
    with pytest.raises(CheckpointError, match=r"ImageModality is not a lfx\.models\.heads\.Head"):
        restore(read_checkpoint(tmp_path / "bad.ckpt"))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nothing", "nothing names no class"),
        ("lfx.nowhere.Head", "lfx.nowhere.Head cannot be imported: No module named"),
        ("lfx.models.heads.Nothing", "lfx.models.heads.Nothing cannot be imported: module"),
    ],
)
def test_a_trusted_class_that_is_not_there_is_named(
    make_classifier, content_of, tmp_path, path, reason
):
    write_content(tmp_path / "one.ckpt", content_of(make_classifier()))
    checkpoint = read_checkpoint(tmp_path / "one.ckpt")
    named = replace(checkpoint, head=replace(checkpoint.head, target=path))
    with pytest.raises(CheckpointError, match=reason):
        find_class(named, "head", LinearHead, [path])


def test_a_class_of_ones_own_is_imported_only_where_it_is_trusted(
    make_classifier, content_of, image_batch, tmp_path, monkeypatch, capsys
):
    (tmp_path / "heads_of_mine.py").write_text(OWN.format(name="PlainHead"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    torch.manual_seed(0)
    model = make_classifier().eval()
    model.head = torch.nn.Linear(model.encoder.features, 3, bias=False)
    content = content_of(model)
    settings = {"dropout": 0.5, "l2": 0.0, "bias": False}
    content["lfx"]["head"] = {"class": "heads_of_mine.PlainHead", "settings": settings}
    write_content(tmp_path / "own.ckpt", content)
    checkpoint = read_checkpoint(tmp_path / "own.ckpt")
    with pytest.raises(
        CheckpointError, match=r"lfx\.predict and lfx\.report trust=\[heads_of_mine\.PlainHead\]"
    ):
        restore(checkpoint)
    assert "imported" not in capsys.readouterr().out
    loaded = restore(checkpoint, {"heads_of_mine.PlainHead"})
    assert torch.equal(loaded(image_batch), model(image_batch))


def test_weights_that_are_no_numbers_are_refused(make_classifier, content_of, tmp_path):
    model = make_classifier()
    model.head.bias.data[1] = float("inf")
    write_content(tmp_path / "bad.ckpt", content_of(model))
    with pytest.raises(CheckpointError, match=r"weights are no finite numbers: head\.bias; train"):
        restore(read_checkpoint(tmp_path / "bad.ckpt"))


def test_phase_1_has_no_classifier_and_says_what_to_do(make_classifier, content_of, tmp_path):
    content = content_of(make_classifier())
    content["lfx"]["phase"] = 1
    write_content(tmp_path / "first.ckpt", content)
    checkpoint = read_checkpoint(tmp_path / "first.ckpt")
    with pytest.raises(CheckpointError, match=r"is of phase 1 .* phase=2 phase_1_ckpt="):
        restore(checkpoint)
    assert restore_encoder(checkpoint).features == make_classifier().encoder.features


def test_settings_that_a_class_does_not_take_are_told(make_classifier, content_of, tmp_path):
    for key, build in (("head", restore), ("modality", restore_modality)):
        content = content_of(make_classifier())
        content["lfx"][key]["settings"] = {"surprise": 1}
        write_content(tmp_path / "bad.ckpt", content)
        with pytest.raises(CheckpointError, match=r"does not describe the model .*surprise"):
            build(read_checkpoint(tmp_path / "bad.ckpt"))
