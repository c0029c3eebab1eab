"""Parts from outside of lfx, options included: what `examples/` shows, as its README shows it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from running import SMALL, Trained, environment, fail, succeed

from lfx.artifacts.parquet import read_predictions
from lfx.reporting.missing_points import read_points

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OWN = [f"--config-dir={EXAMPLES}/extensions/conf"]


@pytest.fixture(autouse=True)
def _own_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES / "extensions"))


def commands() -> list[list[str]]:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    return [line.split()[2:] for line in re.findall(r"^python -m lfx\..*$", text, re.MULTILINE)]


def arguments(what: str) -> list[str]:
    """What the README types after `--config-dir FOLDER` to use a part."""
    (found,) = [words for words in commands() if any(word.startswith(what) for word in words)]
    return [*OWN, *found[3:]]


def test_the_readme_has_a_command_for_each_part() -> None:
    groups = {file.parent.name for file in (EXAMPLES / "extensions/conf").glob("*/*.yaml")}
    parts = {"fusion", "loss", "augmenter", "data", "score", "modality", "encoder", "head"}
    assert groups == parts
    together = 2  # modality, encoder and head stand in one command
    more = 2  # another modality, and predicting
    assert len(commands()) == len(groups) - together + more


def test_a_scheme(trained: Trained, tmp_path: Path) -> None:
    run = f"hydra.run.dir={tmp_path}/run"
    succeed(trained.folder, "fuse", *arguments("fusion=power"), run)
    document = json.loads((tmp_path / "run/weights.json").read_text())
    assert document["scheme"] == "power_of_accuracy"
    members = {
        name: read_predictions(trained.folder / f"outputs/artifacts/demo/{name}.parquet")
        for name in document["members"]
    }
    val = [one.rows("val") for one in members.values()]
    right = [
        (one.logits[rows].argmax(axis=1) == one.label[rows]).mean() ** 2
        for one, rows in zip(members.values(), val, strict=True)
    ]
    assert document["weights"] == pytest.approx([one / sum(right) for one in right])
    for given, message in (
        ("fusion.power=0", "fusion.power must be above 0, got 0.0"),
        ("fusion.power=two", "could not be converted to Float"),
        ("fusion.powr=2", "did you mean fusion.power?"),
    ):
        assert message in fail(trained.folder, "fuse", *OWN, "fusion=power", given)


def test_a_score(trained: Trained, tmp_path: Path) -> None:
    run = f"hydra.run.dir={tmp_path}/run"
    succeed(trained.folder, "fuse", *arguments("+score"), run)
    test = json.loads((tmp_path / "run/metrics.json").read_text())["test"]
    per_class = test["per_class"].values()
    precision_counts = [
        1.25 * one["precision"] * one["recall"] / (0.25 * one["precision"] + one["recall"])
        if one["recall"]
        else 0
        for one in per_class
    ]
    assert test["f_beta"] == pytest.approx(sum(precision_counts) / len(precision_counts))
    assert "f_beta" in json.loads((tmp_path / "run/baselines.json").read_text())["mean"]["val"]
    own = [*OWN, "+score@scores.f_beta=f_beta"]
    message = fail(trained.folder, "fuse", *own, "scores.f_beta.beta=0")
    assert "scores.f_beta.beta must be above 0, got 0.0" in message
    assert "fusion.metric: allowed are accuracy" in fail(
        trained.folder, "fuse", "fusion=grid", "fusion.metric=f_beta"
    )
    sweep = ["-m", "fusion=mean,learned", "objective=val/f_beta", f"hydra.sweep.dir={tmp_path}/s"]
    output = succeed(trained.folder, "fuse", *own, *sweep)
    assert "ranked by val/f_beta" in output
    assert output.split("rank  job  name")[1].splitlines()[0].split().count("F2") == 2


def test_a_loss(tmp_path: Path) -> None:
    short = ["training.phase_2.max_epochs=1", "trainer.max_epochs=1", "hydra.run.dir=run"]
    output = succeed(tmp_path, "train", *arguments("loss="), *SMALL, *short)
    assert "phase 1, epoch 1/1" in output
    message = fail(tmp_path, "train", *arguments("loss="), "loss.margin=-1")
    assert "loss.margin must be above 0, got -1.0" in message


def test_an_augmenter(tmp_path: Path) -> None:
    own = [*arguments("augmenter="), "data.source.pairs=200", "file=made.jsonl"]
    succeed(tmp_path, "augment", *own)
    assert (tmp_path / "made.jsonl").read_text()
    message = fail(tmp_path, "augment", *own, "augmenter.share=2")
    assert "augmenter.share must be above 0 and at most 1, got 2.0" in message


def test_a_data_set(tmp_path: Path) -> None:
    for place, name in enumerate(("cat", "dog")):
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        for number in range(30):
            colour = (100 * place + number, number, 9 * number)
            Image.new("RGB", (8, 8), colour).save(folder / f"{number}.jpg")
            (folder / f"{number}.txt").write_text(f"a {name} called {number} {name}")
    own = [text.replace("FOLDER", "data") for text in arguments("modality=text")]
    short = ["trainer.max_epochs=1", "data.split=random", "hydra.run.dir=run"]
    succeed(tmp_path, "train", *own, *short)
    found = read_predictions(tmp_path / "run/predictions.parquet")
    assert found.metadata.classes == ("cat", "dog")
    assert len(found.label) == 12
    message = fail(tmp_path, "train", *own, "data.source.ending=.png")
    assert "has no picture CLASS/NAME.png" in message


def test_a_modality_with_an_encoder_and_a_head(tmp_path: Path) -> None:
    own = [*arguments("head=cosine"), "data.source.pairs=200", "trainer.max_epochs=2"]
    output = succeed(tmp_path, "train", *own, "hydra.run.dir=run")
    assert "epoch 2/2" in output
    trained = read_predictions(tmp_path / "outputs/artifacts/demo/letters.parquet")
    assert trained.metadata.modality == "letters"
    resumed = succeed(tmp_path, "train", *own, "ckpt=last", "hydra.run.dir=run")
    assert "resuming from" in resumed
    data = "data.source.pairs=200"
    message = fail(tmp_path, "predict", data, "ckpt=run/checkpoints/best.ckpt")
    classes = "letters.LetterCounts,letters.LetterEncoder,letters.CosineHead"
    assert f"trust=[{classes}]" in message
    (predict,) = [words for words in commands() if words[0] == "lfx.predict"]
    assert f"trust=[{classes}]" in predict
    given = ["ckpt=run/checkpoints/best.ckpt", f"trust=[{classes}]", "hydra.run.dir=predicted"]
    succeed(tmp_path, "predict", data, *given)
    again = read_predictions(tmp_path / "predicted/predictions.parquet")
    rows = [list(again.sample_id).index(name) for name in trained.sample_id]
    assert again.logits[rows] == pytest.approx(trained.logits, abs=1e-5)
    for wrong, message in (
        ("head.scale=-1", "head.scale must be above 0, got -1.0"),
        ("encoder.widht=3", "did you mean encoder.width?"),
        ("encoder.width=0", "encoder.width must be at least 1, got 0"),
        ("modality.drop=1", "modality.drop must be at least 0 and below 1, got 1.0"),
    ):
        assert message in fail(tmp_path, "train", *own, wrong)
    message = fail(tmp_path, "train", *OWN, "modality=letters", "encoder=tiny_text")
    assert "needs an encoder that reads letters" in message


def test_a_kind_of_content(tmp_path: Path) -> None:
    """Trained on its column, left out where it is broken, predicted, fused, and part of a joint."""
    short = ["data.source.pairs=200", "trainer.max_epochs=2", "hydra.run.dir=run"]
    succeed(tmp_path, "train", *arguments("modality=colours"), *short)
    artifact = tmp_path / "outputs/artifacts/demo/colours.parquet"
    member = read_predictions(artifact)
    assert (member.metadata.modality, list(member.metadata.columns)) == ("colours", ["image"])
    trust = "trust=[colours.Colours,colours.ColourEncoder]"
    given = ["ckpt=run/checkpoints/best.ckpt", trust, "hydra.run.dir=predicted"]
    broken = tmp_path / "outputs/data/demo/data/7.jpg"
    broken.write_bytes(broken.read_bytes()[:300])
    message = fail(tmp_path, "predict", *short[:1], *given)
    assert "7: no colours can be read: " in message
    succeed(tmp_path, "predict", *short[:1], *given, "data.on_bad_sample=drop")
    again = read_predictions(tmp_path / "predicted/predictions.parquet")
    assert "7" not in again.sample_id
    rows = [list(again.sample_id).index(name) for name in member.sample_id if name != "7"]
    kept = member.sample_id != "7"
    assert again.logits[rows] == pytest.approx(member.logits[kept], abs=1e-5)
    succeed(tmp_path, "train", "modality=text", *short, "data.on_bad_sample=drop")
    members = ["~members.image", f"members.colours={artifact}"]
    succeed(tmp_path, "fuse", "fusion=mean", *members, "hydra.run.dir=fused")
    parts = ["encoder@modality.encoders.image=colours", "data.on_bad_sample=drop"]
    output = succeed(tmp_path, "train", *OWN, "modality=joint", *parts, *short)
    assert "epoch 2/2" in output
    joint, missing = short[:2], ["missing=[0.5]", "runs=joint", "hydra.run.dir=reported"]
    for name, own in (("joint/own", parts), ("joint/plain", ["data.on_bad_sample=drop"])):
        where = [f"name={name[6:]}", f"hydra.run.dir={name}"]
        succeed(tmp_path, "train", *OWN, "modality=joint", *own, *joint, *where)
    data = ["data=demo", short[0], "data.on_bad_sample=drop"]
    output = succeed(tmp_path, "report", *data, *missing)
    assert "joint/own is left out of the curves: " in output
    assert "lfx.predict and lfx.report trust=[colours.ColourEncoder]" in output
    _, points = read_points(tmp_path / "reported/missing.json")
    assert {one.model for one in points} == {"plain"}
    succeed(tmp_path, "report", *data, *missing, trust)
    _, points = read_points(tmp_path / "reported/missing.json")
    assert {one.model for one in points} == {"plain", "own"}
    message = fail(tmp_path, "report", *data, "missing=[0.5]", "runs=joint/own")
    assert "no model below runs= can be restored" in message


def test_fusing_in_python(trained: Trained) -> None:
    artifacts = trained.folder / "outputs/artifacts/demo"
    files = [artifacts / "image.parquet", artifacts / "text.parquet"]
    done = subprocess.run(
        [sys.executable, EXAMPLES / "fuse_in_python.py", *files],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    lines = done.stdout.splitlines()
    assert [line.split("  ")[1].partition("(")[0] for line in lines] == [
        *("image", "text", "Mean", "DetectionRate", "MinimizingLoss", "Learned")
    ]
    assert all(0 < float(line.split()[0]) <= 1 for line in lines)
