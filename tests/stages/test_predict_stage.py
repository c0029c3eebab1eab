from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from running import SMALL, Trained, fail, succeed

from lfx.artifacts.parquet import read_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_on_its_own_data_a_model_keeps_the_splits(trained: Trained, tmp_path: Path) -> None:
    arguments = ["data.source.pairs=200", f"hydra.run.dir={tmp_path}/run"]
    succeed(trained.folder, "predict", f"ckpt={trained.text}/checkpoints/best.ckpt", *arguments)
    predictions = read_predictions(tmp_path / "run/predictions.parquet")
    assert set(predictions.split) == {"train", "val", "test"}
    first = read_predictions(trained.text / "predictions.parquet")
    assert predictions.metadata.split_fingerprint == first.metadata.split_fingerprint
    known = dict(zip(predictions.sample_id, predictions.logits, strict=True))
    for name, logits in zip(first.sample_id, first.logits, strict=True):
        # Batches of another size sum in another order, and bf16 keeps three digits of it.
        assert np.allclose(known[name], logits, atol=0.05), name
    assert set(json.loads((tmp_path / "run/metrics.json").read_text())) == {"val", "test"}


def test_a_multirun_ends_in_a_table(trained: Trained, tmp_path: Path) -> None:
    ckpts = [f"{run}/checkpoints/best.ckpt" for run in (trained.image, trained.text)]
    arguments = [f"ckpt={','.join(ckpts)}", "data.source.pairs=200"]
    output = succeed(trained.folder, "predict", "-m", *arguments, f"hydra.sweep.dir={tmp_path}")
    assert "ranked by val/f1_weighted" in output
    assert len((tmp_path / "sweep.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("modality", ["image", "text"])
def test_unlabelled_data_give_an_artifact_and_no_metrics(
    trained: Trained, tmp_path: Path, modality: str
) -> None:
    (tmp_path / "new/data").mkdir(parents=True)
    for number in range(1, 31):
        for ending in ("jpg", "txt"):
            source = trained.folder / f"outputs/data/demo/data/{number}.{ending}"
            shutil.copy(source, tmp_path / "new/data" / f"x{number}.{ending}")
    ckpt = trained.folder / f"runs/{modality}/checkpoints/best.ckpt"
    arguments = ["data=mvsa_single", "data.root=new", "hydra.run.dir=run", "name=fresh"]
    output = succeed(tmp_path, "predict", f"ckpt={ckpt}", *arguments)
    assert "the samples are unlabelled" in output
    predictions = read_predictions(tmp_path / "run/predictions.parquet")
    assert set(predictions.split) == {"predict"}
    assert set(predictions.label) == {-1}
    assert len(predictions.sample_id) == 30
    assert predictions.metadata.name == "fresh"
    assert not (tmp_path / "run/metrics.json").exists()


def test_a_model_cleans_new_texts_as_it_cleaned_its_own(trained: Trained, tmp_path: Path) -> None:
    cleaned = ["encoder.cleaning.lower=true", "encoder.cleaning.mentions=placeholder"]
    own = ["modality=text", *SMALL, "name=clean", f"hydra.run.dir={tmp_path}/run", *cleaned]
    succeed(trained.folder, "train", *own)
    shutil.copy(trained.folder / "outputs/data/demo/data/1.jpg", tmp_path)
    texts = ("happy GREAT day @somebody", "Happy great Day @another", "Happy great Day")
    rows = [f"{place},{text},1.jpg" for place, text in enumerate(texts)]
    (tmp_path / "rows.csv").write_text("\n".join(["id,text,image", *rows]))
    new = ["data=table", f"data.root={tmp_path}", "data.source.file=rows.csv"]
    new += ["data.source.label=null", f"hydra.run.dir={tmp_path}/new"]
    succeed(trained.folder, "predict", f"ckpt={tmp_path}/run/checkpoints/best.ckpt", *new)
    logits = read_predictions(tmp_path / "new/predictions.parquet").logits
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-3)
    assert not np.allclose(logits[0], logits[2], atol=1e-3)


def test_labelled_new_data_are_evaluated(trained: Trained, tmp_path: Path) -> None:
    table = ["id,text,image,label", "a,happy great,1.jpg,positive", "b,sad awful,2.jpg,negative"]
    (tmp_path / "rows.csv").write_text("\n".join(table))
    for number in (1, 2):
        shutil.copy(trained.folder / f"outputs/data/demo/data/{number}.jpg", tmp_path)
    arguments = ["data=table", f"data.root={tmp_path}", "data.source.file=rows.csv"]
    ckpt = f"ckpt={trained.text}/checkpoints/best.ckpt"
    succeed(tmp_path, "predict", ckpt, *arguments, "hydra.run.dir=run")
    predictions = read_predictions(tmp_path / "run/predictions.parquet")
    assert predictions.metadata.classes == ("negative", "neutral", "positive")
    assert predictions.label.tolist() == [2, 0]
    assert json.loads((tmp_path / "run/metrics.json").read_text())["predict"]["support"] == 2

    (tmp_path / "rows.csv").write_text("id,text,image,label\na,happy,1.jpg,joyful\n")
    message = fail(tmp_path, "predict", ckpt, *arguments)
    assert "classes that the model does not know: joyful" in message


def test_what_is_no_checkpoint_is_refused(trained: Trained, tmp_path: Path) -> None:
    assert "ckpt is required" in fail(tmp_path, "predict")
    assert "there is no such file" in fail(tmp_path, "predict", "ckpt=nowhere.ckpt")
    (tmp_path / "text.ckpt").write_text("no checkpoint")
    assert "is damaged, or no checkpoint" in fail(tmp_path, "predict", "ckpt=text.ckpt")
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    assert "is no checkpoint of lfx" in fail(tmp_path, "predict", "ckpt=other.ckpt")
    content = torch.load(trained.text / "checkpoints/best.ckpt", weights_only=True)
    content["lfx"]["encoder"]["class"] = "os.system"
    torch.save(content, tmp_path / "evil.ckpt")
    assert "which is not lfx's own" in fail(tmp_path, "predict", "ckpt=evil.ckpt")
