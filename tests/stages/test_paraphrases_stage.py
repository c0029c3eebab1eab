"""`paraphrases.file`: what they change about training, and what they must not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from running import SMALL, Trained, fail, succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def paraphrases(tmp_path: Path) -> str:
    """Give a file with a paraphrase of each demo tweet, as a setting."""
    entries = [json.dumps({"id": str(n), "text": f"in other words {n}"}) for n in range(1, 201)]
    (tmp_path / "texts.jsonl").write_text("\n".join(entries))
    return f"paraphrases.file={tmp_path}/texts.jsonl"


@pytest.mark.parametrize("own", [[], ["paraphrases.replace=true"]])
def test_training_changes_and_what_is_predicted_does_not(
    trained: Trained, tmp_path: Path, paraphrases: str, own: list[str]
) -> None:
    arguments = ["modality=text", *SMALL, "name=more", paraphrases, "paraphrases.share=0.5", *own]
    output = succeed(trained.folder, "train", *arguments, f"hydra.run.dir={tmp_path}/run")
    assert "of 160 training texts are" in output
    got = read_predictions(tmp_path / "run/predictions.parquet")
    plain = read_predictions(trained.text / "predictions.parquet")
    assert got.sample_id.tolist() == plain.sample_id.tolist()
    assert got.metadata.data_fingerprint == plain.metadata.data_fingerprint
    assert got.metadata.split_fingerprint == plain.metadata.split_fingerprint
    assert not np.array_equal(got.logits, plain.logits)


def test_they_go_with_folds_and_contrast(
    trained: Trained, tmp_path: Path, paraphrases: str
) -> None:
    arguments = ["modality=text_contrastive", "data.source.pairs=200", "data.folds=2", paraphrases]
    arguments += ["training.phase_1.max_epochs=1", "training.phase_2.max_epochs=1", "name=all"]
    arguments += ["trainer.progress=false", f"hydra.run.dir={tmp_path}/run"]
    output = succeed(trained.folder, "train", *arguments)
    assert output.count("training texts are joined by paraphrases") == 2
    predictions = read_predictions(tmp_path / "run/predictions.parquet")
    assert not any("~" in name for name in predictions.sample_id)


def test_what_makes_no_sense_is_told(trained: Trained, tmp_path: Path, paraphrases: str) -> None:
    message = fail(trained.folder, "train", "modality=image", paraphrases)
    assert "paraphrases are of texts; the modality reads image" in message
    message = fail(trained.folder, "train", "modality=text", paraphrases, "paraphrases.share=2")
    assert "paraphrases.share must be at least 0 and at most 1, got 2.0" in message
    message = fail(trained.folder, "train", "modality=text", "paraphrases.share=0.1")
    assert "only read with paraphrases.file=FILE" in message
    own = ["modality=text", *SMALL, f"hydra.run.dir={tmp_path}/run"]
    message = fail(trained.folder, "train", *own, "paraphrases.file=nowhere.jsonl")
    assert "paraphrases.file=nowhere.jsonl: there is no such file" in message
