"""The paper's image models: real architectures, random weights, two steps each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from full_size import SHORT, size
from running import succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_vgg16_takes_two_steps(tmp_path: Path) -> None:
    random = ["encoder.weights.source=none", "encoder.trainable=everything"]
    # The rate is that of a classifier on frozen layers.
    slow = ["training.optimizer.learning_rate=1e-5", "training.optimizer.head_learning_rate=1e-5"]
    succeed(tmp_path, "train", "experiment=paper/vgg16", *SHORT, *random, *slow, "data.fold=0")
    assert size(tmp_path / "run/fold_0") == 134_260_544  # VGG16 less its classifier of 1,000
    predictions = read_predictions(tmp_path / "run/predictions.parquet")
    assert set(predictions.fold) == {0}
    assert set(predictions.split) == {"oof", "test"}


def test_resnet50_takes_two_steps(tmp_path: Path) -> None:
    succeed(tmp_path, "train", "experiment=paper/resnet50", *SHORT, "encoder.weights.source=none")
    assert size(tmp_path / "run") == 23_508_032
    assert (tmp_path / "outputs/artifacts/demo/paper/seed_0/resnet50.parquet").is_file()


def test_resnet50_contrastive_takes_two_steps_of_each_phase(tmp_path: Path) -> None:
    own = ["encoder.weights.source=none", "training.phase_2.max_epochs=1"]
    # As the paper's published code has it.
    own += ["loss=npair_tfa", "training.projection.width=128", "training.projection.relu=true"]
    own += ["head=mlp", "head.hidden=256", "head.l2=0.01"]
    succeed(tmp_path, "train", "experiment=paper/resnet50_contrastive", *SHORT, *own)
    assert size(tmp_path / "run") == 23_508_032
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    assert metrics["test"]["support"] == 10
