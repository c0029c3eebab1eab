"""Checkpoints of strangers: nothing is deleted, imported or executed; all end in a message."""

from __future__ import annotations

import os
import random
import zipfile

import pytest
import torch

from lfx.modalities.text.tokenizer import train_tokenizer
from lfx.modalities.text.transformers_encoder import TransformersEncoder
from lfx.models.classifier import Classifier
from lfx.models.heads import LinearHead
from lfx.runs.checkpoint_file import read_content, write_content
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import restore, restore_encoder, restore_modality
from lfx.runtime.errors import CheckpointError


def deep(levels):
    nested = []
    for _ in range(levels):
        nested = [nested]
    return nested


def laughs():
    nested = ["ha"]
    for _ in range(30):
        nested = [nested] * 10
    return nested


def itself():
    nested = []
    nested.append(nested)
    return nested


MLP = {"class": "lfx.models.heads.MlpHead", "settings": {"hidden": 10**9}}
WRONG = [
    ("lfx", []),
    ("lfx", None),
    ("lfx", laughs()),
    ("lfx", itself()),
    ("lfx", {}),
    ("lfx|modality", "image"),
    ("lfx|modality|class", 7),
    ("lfx|modality|class", ["lfx.modalities.image.modality.ImageModality"]),
    ("lfx|modality|class", "os.system"),
    ("lfx|modality|class", "lfx.models.heads.LinearHead"),
    ("lfx|modality|settings", []),
    ("lfx|modality|settings", {"augmentation": "strong", "surprise": 1}),
    ("lfx|modality|settings", {1: 2}),
    ("lfx|phase", True),
    ("lfx|phase", 1),
    ("lfx|phase", 3),
    ("lfx|encoder", "resnet"),
    ("lfx|encoder", {}),
    ("lfx|encoder|class", "lfx.runtime.files.write_json"),
    ("lfx|encoder|class", "lfx.modalities.text.transformers_encoder.TransformersEncoder"),
    ("lfx|encoder|settings", {}),
    ("lfx|encoder|settings|architecture", None),
    ("lfx|encoder|settings|architecture", "local-dir:/etc"),
    ("lfx|encoder|settings|architecture", "hf-hub:stranger/model"),
    ("lfx|encoder|settings|architecture", "resnet10t"),
    ("lfx|encoder|settings|architecture_args", {"checkpoint_path": "/etc/passwd"}),
    ("lfx|encoder|settings|architecture_args", {"pretrained": 1}),
    ("lfx|encoder|settings|architecture_args", {"features_only": 1}),
    ("lfx|encoder|settings|architecture_args", {"stem_width": "64"}),
    ("lfx|encoder|settings|architecture_args", {"stem_width": 60_000}),
    ("lfx|encoder|settings|image_size", 10**9),
    ("lfx|encoder|settings|image_size", 32.0),
    ("lfx|encoder|settings|mean", [0.5, float("nan"), 0.5]),
    ("lfx|encoder|settings|std", [0.0, 0.0, 0.0]),
    ("lfx|encoder|settings|surprise", 1),
    ("lfx|head", []),
    ("lfx|head", MLP),
    ("lfx|head|class", "os.system"),
    ("lfx|head|settings|dropout", float("nan")),
    ("lfx|head|settings|dropout", True),
    ("lfx|head|settings|dropout", 10**5000),
    ("lfx|head|settings|l2", "much"),
    ("lfx|head|settings|hidden", 10**9),
    ("lfx|classes", []),
    ("lfx|classes", ["bad"]),
    ("lfx|classes", ["bad", "bad", "good"]),
    ("lfx|classes", ["bad", 1, "good"]),
    ("lfx|classes", ["bad", " ", "good"]),
    ("lfx|classes", ["bad", "good"]),
    ("lfx|classes", "bad"),
    ("lfx|provenance", None),
    ("lfx|provenance|name", "\ud800"),
    ("lfx|provenance|seed", "3"),
    ("lfx|provenance|seed", 10**5000),
    ("lfx|provenance|splits", ["train"]),
    ("lfx|provenance|splits", {"1": "everything"}),
    ("lfx|provenance|settings", deep(100)),
    ("lfx|provenance|background", "no colour"),
    ("state_dict", {}),
    ("state_dict", [1]),
    ("state_dict|head.bias", None),
    ("state_dict|head.bias", torch.zeros(7)),
    ("state_dict|head.bias", torch.full((3,), float("nan"))),
    ("state_dict|head.bias", torch.zeros(3, dtype=torch.complex64)),
    ("state_dict|head.bias", torch.zeros(3).to_sparse()),
    ("state_dict|head.bias", torch.zeros(3, device="meta")),
    ("state_dict|head.weight", torch.zeros(1).expand(100_000, 1_000_000)),
    ("state_dict|further", torch.zeros(3)),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[path for path, _ in WRONG])
def test_a_wrong_field_ends_in_a_message(make_classifier, content_of, put, tmp_path, path, value):
    file, content = tmp_path / "bad.ckpt", content_of(make_classifier())
    put(content, path, value)
    write_content(file, content)

    def build_all():
        checkpoint = read_checkpoint(file)
        restore(checkpoint)
        restore_modality(checkpoint)

    with pytest.raises(CheckpointError, match=r"bad\.ckpt") as caught:
        build_all()
    assert len(str(caught.value)) < 3000
    assert str(caught.value).isprintable() or "\n" in str(caught.value)


@pytest.mark.parametrize("key", ["modality", "encoder", "head", "classes", "provenance"])
def test_a_checkpoint_that_lacks_a_part_is_of_another_version(
    make_classifier, content_of, tmp_path, key
):
    content = content_of(make_classifier())
    del content["lfx"][key]
    write_content(tmp_path / "old.ckpt", content)
    with pytest.raises(
        CheckpointError, match=rf"or of another version of lfx:\n  - lfx.{key} is missing"
    ):
        read_checkpoint(tmp_path / "old.ckpt")


def test_a_checkpoint_of_the_first_edition_is_told_apart(make_classifier, content_of, tmp_path):
    content = content_of(make_classifier())
    content["lfx"] = {"module": "lfx.modalities.image.ImageClassifier", "classifier": {}}
    write_content(tmp_path / "old.ckpt", content)
    with pytest.raises(CheckpointError, match=r"was written by lfx 0\.1, .* train the model again"):
        read_checkpoint(tmp_path / "old.ckpt")


def test_a_hundred_thousand_levels_end_in_a_message(tmp_path):
    nested = b"]" * 100_001 + b"a" * 100_000
    with zipfile.ZipFile(tmp_path / "deep.ckpt", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}X\x03\x00\x00\x00lfx" + nested + b"s.")
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    with pytest.raises(CheckpointError, match="lfx is no record of plain values"):
        read_checkpoint(tmp_path / "deep.ckpt")


class Runs:
    """Runs a command when it is unpickled."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


@pytest.mark.parametrize(
    "path", ["lfx", "lfx|head|class", "lfx|encoder|settings|mean", "state_dict|head.bias"]
)
def test_a_pickled_command_is_not_run(make_classifier, content_of, put, tmp_path, path):
    content, canary = content_of(make_classifier()), tmp_path / "canary"
    put(content, path, Runs(canary))
    torch.save(content, tmp_path / "bad.ckpt")
    with pytest.raises(CheckpointError, match="is damaged, or no checkpoint: UnpicklingError"):
        read_checkpoint(tmp_path / "bad.ckpt")
    assert not canary.exists()


@pytest.mark.parametrize("kind", ["empty", "text", "compressed", "legacy", "twice", "half"])
def test_other_files_are_no_checkpoints(make_classifier, content_of, tmp_path, kind):
    whole, file = tmp_path / "whole.ckpt", tmp_path / "bad.ckpt"
    write_content(whole, content_of(make_classifier()))
    if kind in {"compressed", "twice"}:
        how = zipfile.ZIP_DEFLATED if kind == "compressed" else zipfile.ZIP_STORED
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(file, "w", how) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
            if kind == "twice":
                with pytest.warns(UserWarning, match="Duplicate name"):
                    new.writestr(old.namelist()[0], b"")
    elif kind == "legacy":
        torch.save(content_of(make_classifier()), file, _use_new_zipfile_serialization=False)
    else:
        data = whole.read_bytes()
        file.write_bytes({"empty": b"", "text": b"hello", "half": data[: len(data) // 2]}[kind])
    with pytest.raises(CheckpointError, match="is damaged, or no checkpoint"):
        read_checkpoint(file)


def test_a_file_that_is_not_there_or_of_others_is_told(tmp_path):
    with pytest.raises(CheckpointError, match=r"^ckpt=.*none\.ckpt: there is no such file; a run"):
        read_checkpoint(tmp_path / "none.ckpt")
    for content in ([1], {"state_dict": {"a": torch.zeros(1)}}):
        write_content(tmp_path / "other.ckpt", content)
        with pytest.raises(CheckpointError, match=r"other\.ckpt is no checkpoint of lfx"):
            read_checkpoint(tmp_path / "other.ckpt")


def test_a_flipped_bit_gives_an_error_or_the_very_same_predictions(
    make_classifier, content_of, image_batch, tmp_path
):
    classifier, file = make_classifier().eval(), tmp_path / "flipped.ckpt"
    write_content(tmp_path / "whole.ckpt", content_of(classifier))
    whole = (tmp_path / "whole.ckpt").read_bytes()
    wanted, noticed = classifier(image_batch), 0
    draw = random.Random(0)  # noqa: S311
    # The archive's own headers stand at its end, and before each record.
    places = [draw.randrange(len(whole)) for _ in range(150)]
    places += [len(whole) - 1 - draw.randrange(4000) for _ in range(100)]
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        file.write_bytes(flipped)
        try:
            loaded = restore(read_checkpoint(file))
        except CheckpointError:
            noticed += 1
        else:
            assert torch.equal(loaded(image_batch), wanted), place
    assert noticed > 150


@pytest.fixture(scope="module")
def text_content(content_of):
    """What a checkpoint of a small classifier of texts holds."""
    shape = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    builder = TransformersEncoder(
        model_type="bert", model_args=shape, max_length=12, vocabulary=300
    )
    encoder = builder.build(["good morning"])
    return content_of(Classifier(encoder, LinearHead(), classes=("a", "b")), kind="text")


TEXT = [
    ("tokenizer", "{}"),
    ("tokenizer", "junk"),
    ("tokenizer", 7),
    ("tokenizer", "[" * 100_000),
    ("tokenizer", train_tokenizer(["hello world, how are you"] * 9, 400, 12).state),
    ("padding", 10**6),
    ("max_length", 5000),
    ("max_length", 0),
    ("pooling", "max"),
    ("cleaning", {"mentions": "eval"}),
    ("config", {}),
    ("config|model_type", "clip"),
    ("config|hidden_size", 4_000_000),
    ("config|num_hidden_layers", 4_000_000),
    ("config|max_position_embeddings", 4_000_000),
    ("config|num_attention_heads", 0),
    ("config|vocab_size", 4_000_000),
    ("config|type_vocab_size", 0),
]


@pytest.mark.parametrize(
    ("path", "value"), TEXT, ids=[f"{path} {n}" for n, (path, _) in enumerate(TEXT)]
)
@pytest.mark.parametrize("build", [restore, restore_encoder])
def test_a_wrong_text_encoder_ends_in_a_message(text_content, put, tmp_path, path, value, build):
    write_content(tmp_path / "text.ckpt", text_content)
    build(read_checkpoint(tmp_path / "text.ckpt"))
    content = read_content(tmp_path / "text.ckpt")
    put(content["lfx"]["encoder"]["settings"], path, value)
    write_content(tmp_path / "text.ckpt", content)
    checkpoint = read_checkpoint(tmp_path / "text.ckpt")
    with pytest.raises(CheckpointError, match=r"text\.ckpt does not describe the model"):
        build(checkpoint)
