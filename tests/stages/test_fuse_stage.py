from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from running import Trained, fail, succeed

from lfx.artifacts.parquet import read_predictions, write_predictions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_a_multirun_over_schemes_needs_no_paths(trained: Trained, tmp_path: Path) -> None:
    schemes = "mean,detection_rate,minimizing_loss"
    succeed(trained.folder, "fuse", "-m", f"fusion={schemes}", f"hydra.sweep.dir={tmp_path}/sweep")
    for job, scheme in enumerate(schemes.split(",")):
        folder = tmp_path / f"sweep/{job}"
        weights = json.loads((folder / "weights.json").read_text())
        assert weights["members"] == ["image", "text"]
        assert weights["classes"] == ["negative", "neutral", "positive"]
        assert weights["scheme"] == scheme
        assert weights["fit_split"] == (None if scheme == "mean" else "val")
        assert json.loads((folder / "status.json").read_text())["state"] == "completed"
        assert set(json.loads((folder / "metrics.json").read_text())) == {"val", "test"}
        fused = read_predictions(folder / "predictions.parquet")
        assert fused.metadata.modality == "fusion"
        assert fused.metadata.name == scheme
        assert np.allclose(np.exp(fused.logits).sum(axis=1), 1)


def test_minimizing_loss_weighs_by_validation_accuracy(trained: Trained, tmp_path: Path) -> None:
    succeed(trained.folder, "fuse", f"hydra.run.dir={tmp_path}")
    scores = [
        json.loads((run / "metrics.json").read_text())["val"]["accuracy"]
        for run in (trained.image, trained.text)
    ]
    weights = json.loads((tmp_path / "weights.json").read_text())["weights"]
    assert weights == pytest.approx([score / sum(scores) for score in scores])


def test_weights_and_members_take_names(trained: Trained, tmp_path: Path) -> None:
    arguments = ["fusion=weighted", "fusion.weights.text=0.7", f"hydra.run.dir={tmp_path}/two"]
    succeed(trained.folder, "fuse", *arguments)
    document = json.loads((tmp_path / "two/weights.json").read_text())
    assert document["weights"] == pytest.approx([0.3, 0.7])
    third = f"members.again={trained.text}/predictions.parquet"
    arguments[-1] = f"hydra.run.dir={tmp_path}/three"
    succeed(trained.folder, "fuse", third, *arguments)
    document = json.loads((tmp_path / "three/weights.json").read_text())
    assert document["members"] == ["again", "image", "text"]
    assert document["weights"] == pytest.approx([0.15, 0.15, 0.7])
    succeed(trained.folder, "fuse", "~members.image", f"hydra.run.dir={tmp_path}/one")
    assert json.loads((tmp_path / "one/weights.json").read_text())["members"] == ["text"]


def test_a_fused_artifact_can_be_fused_again(trained: Trained, tmp_path: Path) -> None:
    succeed(trained.folder, "fuse", "fusion=mean", f"hydra.run.dir={tmp_path}/first")
    again = f"members.fused={tmp_path}/first/predictions.parquet"
    succeed(trained.folder, "fuse", "fusion=mean", again, f"hydra.run.dir={tmp_path}/second")
    assert (tmp_path / "second/predictions.parquet").is_file()


def test_fitting_on_the_reported_split_is_refused_or_marked(
    trained: Trained, tmp_path: Path
) -> None:
    message = fail(trained.folder, "fuse", "fit_split=test")
    assert "allow_leaky_fit=true" in message
    arguments = ["fit_split=test", "allow_leaky_fit=true", "name=leak"]
    output = succeed(trained.folder, "fuse", *arguments, f"hydra.run.dir={tmp_path}/outputs/run")
    assert "LEAKY" in output
    assert json.loads((tmp_path / "outputs/run/metrics.json").read_text())["leaky"] is True
    assert "LEAKY" in succeed(tmp_path, "report")
    again = f"members.leak={tmp_path}/outputs/run/predictions.parquet"
    output = succeed(trained.folder, "fuse", "fusion=mean", again, f"hydra.run.dir={tmp_path}/more")
    assert "LEAKY" in output  # what has seen the labels once does not forget them
    assert json.loads((tmp_path / "more/metrics.json").read_text())["leaky"] is True


def test_members_without_labels_are_fused_without_scores(trained: Trained, tmp_path: Path) -> None:
    arguments = []
    for name in ("image", "text"):
        predictions = read_predictions(trained.folder / f"outputs/artifacts/demo/{name}.parquet")
        unlabelled = replace(predictions, label=np.full_like(predictions.label, -1))
        write_predictions(tmp_path / f"{name}.parquet", unlabelled)
        arguments.append(f"members.{name}={tmp_path}/{name}.parquet")
    output = succeed(tmp_path, "fuse", "fusion=mean", *arguments, "hydra.run.dir=run")
    assert "no labelled rows to report, no scores: 40 samples fused" in output
    assert "member image: " in output
    assert (tmp_path / "run/predictions.parquet").is_file()


def test_samples_that_a_member_lacks_are_fused_from_the_others(
    trained: Trained, tmp_path: Path
) -> None:
    arguments = ["members.on_missing=renormalise"]
    for name, first in (("image", 3), ("text", 5)):
        predictions = read_predictions(trained.folder / f"outputs/artifacts/demo/{name}.parquet")
        kept = predictions.select(np.arange(len(predictions.label)) % first != 0)
        write_predictions(tmp_path / f"{name}.parquet", kept)
        arguments.append(f"members.{name}={tmp_path}/{name}.parquet")
    message = fail(trained.folder, "fuse", *arguments[1:])
    assert "members.on_missing=renormalise fuses them from the others" in message
    run = f"hydra.run.dir={tmp_path}/run"
    output = succeed(trained.folder, "fuse", *arguments, run)
    assert "minimizing_loss (all rows)" in output
    assert "minimizing_loss (complete rows)" in output
    assert "fused from fewer members: " in output
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    assert list(metrics) == ["val", "test", "complete"]
    baselines = json.loads((tmp_path / "run/baselines.json").read_text())
    for split in ("val", "test"):
        supports = {scores[split]["support"] for scores in baselines.values()}
        assert supports == {metrics["complete"][split]["support"]}
        assert metrics["complete"][split]["support"] < metrics[split]["support"]
    output = succeed(tmp_path, "report", "runs=.", "hydra.run.dir=report")
    assert "minimizing_loss (complete rows)" in output
    arguments += ["-m", "fusion=mean,stacking", f"hydra.sweep.dir={tmp_path}/sweep"]
    output = succeed(trained.folder, "fuse", *arguments)
    assert "n differs between lines" in output
    assert "mean (complete rows)" in (tmp_path / "sweep/sweep.md").read_text()


def test_without_a_test_split_val_is_reported_and_it_is_said(
    trained: Trained, tmp_path: Path
) -> None:
    arguments = []
    for name in ("image", "text"):
        predictions = read_predictions(trained.folder / f"outputs/artifacts/demo/{name}.parquet")
        write_predictions(tmp_path / f"{name}.parquet", predictions.select(predictions.rows("val")))
        arguments.append(f"members.{name}={tmp_path}/{name}.parquet")
    output = succeed(trained.folder, "fuse", *arguments, f"hydra.run.dir={tmp_path}/outputs/run")
    assert "val is reported, which also stopped the members' training and fitted the" in output
    assert "cross-fitted" in output
    assert list(json.loads((tmp_path / "outputs/run/metrics.json").read_text())) == ["val"]
    assert "demo: no labelled test samples: val is reported" in succeed(tmp_path, "report")
    in_sample = [*arguments, "fit_folds=1", f"hydra.run.dir={tmp_path}/outputs/sure"]
    output = succeed(trained.folder, "fuse", *in_sample)
    assert "its scores are too good" in output
    assert "LEAKY" in output
    assert "fit_split=test: the members have no rows there" in fail(
        trained.folder, "fuse", *arguments, "fit_split=test"
    )


def test_a_scheme_of_ones_own_lives_outside(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf/fusion").mkdir(parents=True)
    (tmp_path / "conf/fusion/first.yaml").write_text("_target_: schemes.First\n")
    (tmp_path / "schemes.py").write_text(
        "import torch\n"
        "from lfx.fusion.weights import Weights\n"
        "class First:\n"
        "    needs_fit = False\n"
        "    def fit(self, fit):\n"
        "        return Weights('member', torch.eye(len(fit.members))[0])\n"
        "class Half:\n"
        "    name = 'half'\n"
    )
    own = [f"--config-dir={tmp_path}/conf", "fusion=first"]
    assert "_target_=schemes.First cannot be imported: " in fail(trained.folder, "fuse", *own)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = f"hydra.run.dir={tmp_path}/run"
    succeed(trained.folder, "fuse", *own, run)
    fused = read_predictions(tmp_path / "run/predictions.parquet")
    image = read_predictions(trained.folder / "outputs/artifacts/demo/image.parquet")
    assert set(fused.logits.argmax(axis=1)) == set(image.logits.argmax(axis=1))
    message = fail(trained.folder, "fuse", *own, "fusion._target_=schemes.Half")
    assert "schemes.Half is not a lfx.fusion.schemes.scheme.Scheme, which has fit" in message
    message = fail(trained.folder, "fuse", "fusion.weights.text=0.9")
    assert "fusion.weights.text=0.9: there is no such setting" in message


def test_mistakes_are_told(trained: Trained, tmp_path: Path) -> None:
    message = fail(tmp_path, "fuse")
    assert "member image: " in message
    assert "member text: " in message
    assert "python -m lfx.train modality=" in message
    message = fail(trained.folder, "fuse", "fusion=weighted", "fusion.weights.smell=0.5")
    assert "smell" in message
    message = fail(trained.folder, "fuse", "fusion=weighted", "fusion.weights.text=1.5")
    assert "1.5" in message
    message = fail(trained.folder, "fuse", "fusion=guess")
    assert "minimizing_loss" in message
    message = fail(trained.folder, "fuse", "fit_split=oof")
    assert "oof" in message
    message = fail(trained.folder, "fuse", "fusion.metric=auc")
    assert "f1_macro" in message
