"""Checkpoints of models of vectors: restored, and refused where a stranger changed them."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from lfx.modalities.vector.gru import GruEncoder
from lfx.modalities.vector.logistic import LogisticEncoder
from lfx.modalities.vector.mlp import MlpEncoder
from lfx.modalities.vector.transformer import SequenceTransformerEncoder
from lfx.models.classifier import Classifier
from lfx.models.heads import LinearHead
from lfx.runs.checkpoint_file import write_content
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.own_classes import OWN_CLASSES
from lfx.runs.restore import restore, restore_modality
from lfx.runtime.errors import CheckpointError
from lfx.runtime.imports import dotted_path

BUILDERS = [
    MlpEncoder(hidden=(8,)),
    GruEncoder(hidden=4, layers=2),
    SequenceTransformerEncoder(width=8, heads=2, feedforward=8),
    LogisticEncoder(),
]


@pytest.fixture
def content_of_vectors(content_of):
    """Build what a checkpoint of a model of vectors holds."""

    def content(builder):
        encoder = builder.build([np.arange(12, dtype="f4").reshape(4, 3)])
        model = Classifier(encoder, LinearHead(dropout=0.5), classes=("bad", "good"))
        found = content_of(model)
        found["lfx"]["encoder"]["class"] = dotted_path(type(builder))
        found["lfx"]["modality"] = {
            "class": "lfx.modalities.vector.modality.VectorModality",
            "settings": {"column": "audio", "augmentation": {"noise": 0.1}},
        }
        return model, found

    return content


@pytest.mark.parametrize("builder", BUILDERS, ids=lambda one: type(one).__name__)
def test_a_model_is_restored(content_of_vectors, tmp_path, builder):
    model, content = content_of_vectors(builder)
    write_content(tmp_path / "a.ckpt", content)
    checkpoint = read_checkpoint(tmp_path / "a.ckpt")
    assert {part.target for part in checkpoint.parts.values()} <= OWN_CLASSES
    modality = restore_modality(checkpoint)
    assert (modality.column, modality.augmentation.noise) == ("audio", 0.1)
    restored = restore(checkpoint)
    batch = {"values": torch.ones(2, 5, 3), "lengths": torch.tensor([5, 2])}
    with torch.no_grad():
        assert torch.equal(restored(batch), model.eval()(batch))


@pytest.mark.parametrize(
    ("builder", "changes"),
    [
        (BUILDERS[0], {"hidden": [65_536] * 1000}),
        (BUILDERS[0], {"inputs": 2**22}),
        (BUILDERS[1], {"hidden": 65_536, "layers": 64}),
        (BUILDERS[1], {"layers": 1}),
        (BUILDERS[2], {"width": 65_536, "layers": 64, "feedforward": 65_536}),
        (BUILDERS[2], {"heads": 3}),
        (BUILDERS[3], {"inputs": 2**22}),
        (BUILDERS[3], {"inputs": 4}),
        (BUILDERS[3], {"path": "/etc/passwd"}),
    ],
)
def test_a_description_of_another_model_is_refused_at_once(
    content_of_vectors, tmp_path, builder, changes
):
    _, content = content_of_vectors(builder)
    content["lfx"]["encoder"]["settings"] |= changes
    write_content(tmp_path / "a.ckpt", content)
    start = time.perf_counter()
    with pytest.raises(CheckpointError, match=r"a\.ckpt does not describe the model of its weig"):
        restore(read_checkpoint(tmp_path / "a.ckpt"))
    assert time.perf_counter() - start < 10
