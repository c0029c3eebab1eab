"""Checkpoints of strangers: nothing is deleted, imported or executed; all end in a message."""

from __future__ import annotations

import os
import random
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch
from test_classifier import batch, build

from lfx.encoders.described import check_architecture_args, shape_of
from lfx.encoders.tokenizer import train_tokenizer
from lfx.modalities.checkpoint_file import read_content, write_content
from lfx.modalities.checkpoints import load_classifier, read_checkpoint
from lfx.modalities.fitting import fit_model
from lfx.modalities.progress import Expected, fitting_optimizer_state, lightning_state
from lfx.modalities.resumption import resume_from
from lfx.modalities.run_files import copy_checkpoints
from lfx.runtime.errors import CheckpointError, ConfigError, WeightsError

if TYPE_CHECKING:
    from pathlib import Path


def content_of(classifier) -> dict[str, Any]:
    content: dict[str, Any] = {"state_dict": classifier.state_dict()}
    classifier.on_save_checkpoint(content)
    return content


def put(content: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split("|")
    for key in parents:
        content = content[key]
    content[last] = value


def deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def laughs() -> list[Any]:
    nested: list[Any] = ["ha"]
    for _ in range(30):
        nested = [nested] * 10
    return nested


def itself() -> list[Any]:
    nested: list[Any] = []
    nested.append(nested)
    return nested


WRONG = [
    ("lfx", []),
    ("lfx", None),
    ("lfx", laughs()),
    ("lfx", itself()),
    ("lfx", {}),
    ("lfx|module", 7),
    ("lfx|module", ["lfx.modalities.image.ImageClassifier"]),
    ("lfx|module", "os.system"),
    ("lfx|module", "lfx.runtime.files.write_json"),
    ("lfx|phase", True),
    ("lfx|phase", 1),
    ("lfx|encoder", "resnet"),
    ("lfx|encoder", {}),
    ("lfx|encoder|architecture", None),
    ("lfx|encoder|architecture", "local-dir:/etc"),
    ("lfx|encoder|architecture", "hf-hub:stranger/model"),
    ("lfx|encoder|architecture", "resnet10t"),
    ("lfx|encoder|architecture_args", {"checkpoint_path": "/etc/passwd"}),
    ("lfx|encoder|architecture_args", {"pretrained": 1}),
    ("lfx|encoder|architecture_args", {"features_only": 1}),
    ("lfx|encoder|architecture_args", {"stem_width": "64"}),
    ("lfx|encoder|architecture_args", {"stem_width": 60_000}),
    ("lfx|encoder|image_size", 10**9),
    ("lfx|encoder|image_size", 32.0),
    ("lfx|encoder|mean", [0.5, float("nan"), 0.5]),
    ("lfx|encoder|std", [0.0, 0.0, 0.0]),
    ("lfx|encoder|surprise", 1),
    ("lfx|classifier", []),
    ("lfx|classifier|classes", []),
    ("lfx|classifier|classes", ["bad"]),
    ("lfx|classifier|classes", ["bad", "bad", "good"]),
    ("lfx|classifier|classes", ["bad", 1, "good"]),
    ("lfx|classifier|classes", ["bad", " ", "good"]),
    ("lfx|classifier|classes", ["bad", "good"]),
    ("lfx|classifier|classes", "bad"),
    ("lfx|classifier|dropout", float("nan")),
    ("lfx|classifier|dropout", True),
    ("lfx|classifier|dropout", 10**5000),
    ("lfx|classifier|class_weights", [1.0]),
    ("lfx|classifier|seed", 10**5000),
    ("lfx|classifier|hidden", 10**9),
    ("lfx|classifier|optimization", None),
    ("lfx|classifier|optimization|decay", ["linear"]),
    ("lfx|provenance", None),
    ("lfx|provenance|name", "\ud800"),
    ("lfx|provenance|seed", "3"),
    ("lfx|provenance|splits", ["train"]),
    ("lfx|provenance|splits", {"1": "everything"}),
    ("lfx|provenance|settings", deep(100)),
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
def test_a_wrong_field_ends_in_a_message(tmp_path: Path, path: str, value: object) -> None:
    file, content = tmp_path / "bad.ckpt", content_of(build())
    put(content, path, value)
    write_content(file, content)
    with pytest.raises(CheckpointError, match=r"bad\.ckpt") as caught:
        load_classifier(file)
    assert len(str(caught.value)) < 3000
    assert str(caught.value).isprintable() or "\n" in str(caught.value)


def test_a_hundred_thousand_levels_end_in_a_message(tmp_path: Path) -> None:
    nested = b"]" * 100_001 + b"a" * 100_000
    with zipfile.ZipFile(tmp_path / "deep.ckpt", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}X\x03\x00\x00\x00lfx" + nested + b"s.")
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    with pytest.raises(CheckpointError, match="lfx is no record of plain values"):
        read_checkpoint(tmp_path / "deep.ckpt")


class Runs:
    """Runs a command when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.canary}",)


@pytest.mark.parametrize("path", ["lfx", "lfx|module", "lfx|encoder|mean", "state_dict|head.bias"])
def test_a_pickled_command_is_not_run(tmp_path: Path, path: str) -> None:
    content, canary = content_of(build()), tmp_path / "canary"
    put(content, path, Runs(canary))
    torch.save(content, tmp_path / "bad.ckpt")
    with pytest.raises(CheckpointError, match="is damaged, or no checkpoint: UnpicklingError"):
        read_checkpoint(tmp_path / "bad.ckpt")
    assert not canary.exists()


@pytest.mark.parametrize("kind", ["empty", "text", "compressed", "legacy", "twice", "half"])
def test_other_files_are_no_checkpoints(tmp_path: Path, kind: str) -> None:
    whole, file = tmp_path / "whole.ckpt", tmp_path / "bad.ckpt"
    write_content(whole, content_of(build()))
    if kind in {"compressed", "twice"}:
        how = zipfile.ZIP_DEFLATED if kind == "compressed" else zipfile.ZIP_STORED
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(file, "w", how) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
            if kind == "twice":
                with pytest.warns(UserWarning, match="Duplicate name"):
                    new.writestr(old.namelist()[0], b"")
    elif kind == "legacy":
        torch.save(content_of(build()), file, _use_new_zipfile_serialization=False)
    else:
        data = whole.read_bytes()
        file.write_bytes({"empty": b"", "text": b"hello", "half": data[: len(data) // 2]}[kind])
    with pytest.raises(CheckpointError, match="is damaged, or no checkpoint"):
        read_checkpoint(file)


def test_a_flipped_bit_gives_an_error_or_the_very_same_predictions(tmp_path: Path) -> None:
    classifier, file = build().eval(), tmp_path / "flipped.ckpt"
    write_content(tmp_path / "whole.ckpt", content_of(classifier))
    whole = (tmp_path / "whole.ckpt").read_bytes()
    wanted, noticed = classifier(batch()), 0
    draw = random.Random(0)  # noqa: S311
    # The archive's own headers stand at its end, and before each record.
    places = [draw.randrange(len(whole)) for _ in range(150)]
    places += [len(whole) - 1 - draw.randrange(4000) for _ in range(100)]
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        file.write_bytes(flipped)
        try:
            loaded, _ = load_classifier(file)
        except CheckpointError:
            noticed += 1
        else:
            assert torch.equal(loaded(batch()), wanted), place
    assert noticed > 150


def canaries(folder: Path) -> list[Path]:
    (folder / "precious").mkdir(parents=True)
    files = [folder / "precious/letter.txt", folder / "old.ckpt"]
    for file in files:
        file.write_text("keep")
    return files


@pytest.fixture
def interrupted(configured, table, surroundings, tmp_path):
    """Leave a run of one epoch, of four."""
    config = configured("modality=image", "trainer.max_epochs=1")
    run = tmp_path / "run"

    def fit(resume=None, epochs=3):
        from dataclasses import replace

        from lfx.modalities.build import build_classifier

        longer = replace(config, trainer=replace(config.trainer, max_epochs=epochs))
        model = build_classifier(longer, table)
        model.provenance = dict(build().provenance)
        return fit_model(longer, model, replace(surroundings(longer), run=run), resume)

    fit(epochs=1)
    return run, fit


def older_state(run: Path, victim: Path, outside: Path) -> dict[str, Any]:
    """Give a checkpoint the callbacks' state that Lightning's own left, with paths of elsewhere."""
    content = torch.load(run / "checkpoints/last.ckpt", weights_only=True)
    best = content["callbacks"].pop("KeepCheckpoints")["best_score"]
    content["callbacks"]["ModelCheckpoint{'monitor': 'val/loss', 'mode': 'min'}"] = {
        "monitor": "val/loss",
        "best_model_score": torch.tensor(best + 9),
        "best_model_path": str(victim),
        "current_score": torch.tensor(best),
        "dirpath": str(run / "checkpoints"),
        "best_k_models": {str(victim): torch.tensor(best + 9)},
        "kth_best_model_path": str(victim),
        "kth_value": torch.tensor(best),
        "last_model_path": str(outside),
    }
    return content


def test_paths_in_a_checkpoint_delete_nothing(interrupted, tmp_path):
    run, fit = interrupted
    letter, old = canaries(tmp_path / "home")
    for victim in (letter.parent, old):
        write_content(run / "checkpoints/last.ckpt", older_state(run, victim, old))
        resumed = resume_from("last", run, {})
        outcome = fit(resumed)
        assert outcome.best == run / "checkpoints/best.ckpt"
        assert letter.read_text() == old.read_text() == "keep"
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == [
        "best.ckpt",
        "last.ckpt",
    ]


PROGRESS = [
    ("loops", None),
    ("loops|fit_loop", []),
    ("loops|fit_loop|epoch_progress|current|completed", 10**18),
    ("loops|fit_loop|epoch_progress|current|completed", -(10**18)),
    ("loops|fit_loop|epoch_progress|current|completed", True),
    ("loops|fit_loop|epoch_progress", 3),
    ("loops|fit_loop|epoch_loop.batch_progress|is_last_batch", 1),
    ("callbacks", None),
    ("callbacks|KeepCheckpoints|best_score", "none"),
    ("callbacks|Stopping{'monitor': 'val/loss', 'mode': 'min'}|wait_count", 1.5),
    ("callbacks|Stopping{'monitor': 'val/loss', 'mode': 'min'}|best_score", [1]),
    ("lr_schedulers", []),
    ("lr_schedulers", [{"last_epoch": "1"}]),
    ("optimizer_states", []),
    ("optimizer_states", [{}]),
    ("optimizer_states", [{"state": {0: {}}, "param_groups": [{"params": [0]}]}]),
    ("state_dict|head.bias", torch.zeros(4)),
]


@pytest.mark.slow
def test_progress_that_does_not_fit_ends_in_a_message(interrupted):
    run, fit = interrupted
    file = run / "checkpoints/last.ckpt"
    whole = file.read_bytes()
    for path, value in PROGRESS:
        content = torch.load(file, weights_only=True)
        put(content, path, value)
        write_content(file, content)
        with pytest.raises(CheckpointError, match=re.escape("cannot be resumed from:")):
            fit(resume_from("last", run, {}))
        file.write_bytes(whole)


def test_methods_cannot_be_replaced_by_a_state(interrupted):
    run, _ = interrupted
    content = torch.load(run / "checkpoints/last.ckpt", weights_only=True)
    content["loops"]["fit_loop"]["epoch_progress"]["current"]["reset"] = 1
    content["loops"]["fit_loop"]["state_dict"]["combined_loader"] = [1]
    content["lr_schedulers"][0]["optimizer"] = content["lr_schedulers"][0]["step"] = 1
    write_content(run / "checkpoints/last.ckpt", content)
    found = read_checkpoint(run / "checkpoints/last.ckpt")
    loops = torch.load(run / "checkpoints/last.ckpt", weights_only=True)["loops"]["fit_loop"]
    loops["epoch_progress"]["current"].pop("reset")
    loops["state_dict"].clear()
    stopping = "Stopping{'monitor': 'val/loss', 'mode': 'min'}"
    expected = Expected("val/loss", stopping, "KeepCheckpoints", 3, loops, 3, dict(found.weights))
    state = lightning_state(found, expected)
    assert state["loops"]["fit_loop"] == loops
    assert set(state["lr_schedulers"][0]) == {"last_epoch", "_step_count", "_last_lr", "lr_lambdas"}
    assert set(state["callbacks"]) == {stopping, "KeepCheckpoints"}


def test_an_optimizer_takes_moments_and_rates_alone():
    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    state["param_groups"][0] |= {"lr": 0.05, "maximize": True, "surprise": "x", "weight_decay": 7}
    taken = fitting_optimizer_state(optimizer, state)
    assert taken["param_groups"][0]["lr"] == 0.05
    assert not taken["param_groups"][0]["maximize"]
    assert taken["param_groups"][0]["weight_decay"] == 0.01
    assert "surprise" not in taken["param_groups"][0]
    state["state"][0]["exp_avg"] = torch.zeros(3, 3)
    with pytest.raises(CheckpointError, match="state of parameter 0 does not fit"):
        fitting_optimizer_state(optimizer, state)


def test_a_run_whose_checkpoints_lie_elsewhere_is_not_resumed(interrupted, tmp_path):
    run, _ = interrupted
    elsewhere = tmp_path / "elsewhere"
    (run / "checkpoints").rename(elsewhere)
    (run / "checkpoints").symlink_to(elsewhere)
    before = {file.name: file.read_bytes() for file in elsewhere.iterdir()}
    with pytest.raises(CheckpointError, match=r"is a link to .*elsewhere, outside"):
        resume_from("last", run, {})
    assert before == {file.name: file.read_bytes() for file in elsewhere.iterdir()}


def test_resuming_needs_the_best_checkpoint_too(interrupted):
    run, fit = interrupted
    (run / "checkpoints/best.ckpt").unlink()
    with pytest.raises(CheckpointError, match=r"together with best.ckpt of its run"):
        fit(resume_from("last", run, {}))


def test_a_copy_is_whole_or_absent_and_ends_with_the_newest(tmp_path):
    (tmp_path / "from").mkdir()
    for name in ("best.ckpt", "last.ckpt", "surprise"):
        (tmp_path / "from" / name).write_text(name)
    copy_checkpoints(tmp_path / "from", tmp_path / "to")
    assert sorted(file.name for file in (tmp_path / "to").iterdir()) == ["best.ckpt", "last.ckpt"]


def test_a_text_configuration_names_no_code() -> None:
    kept = shape_of(
        {
            "model_type": "bert",
            "hidden_size": 32,
            "_name_or_path": "/etc",
            "_attn_implementation": "stranger/kernel",
            "attn_implementation": "stranger/kernel",
            "auto_map": {"AutoModel": "stranger/code--model.Model"},
            "trust_remote_code": True,
            "quantization_config": {"quant_method": "awq"},
            "torch_dtype": "float16",
            "experts_implementation": "x",
            "num_labels": 10**9,
        }
    )
    assert kept == {"model_type": "bert", "hidden_size": 32}
    for config, reason in (
        ({"model_type": "clip"}, "is made of several models"),
        ({"model_type": "vit"}, "reads no tokens"),
        ({"model_type": "t5"}, "is an encoder with a decoder"),
        ({"model_type": "stranger/model"}, "has no model type"),
        ({"model_type": 3}, "has no model type 3"),
        ({"model_type": "bert", "hidden_size": 10**9}, "config.hidden_size is 1000000000"),
        ({"model_type": "bert", "hidden_act": "stranger/kernel"}, "config.hidden_act"),
    ):
        with pytest.raises(WeightsError, match=reason):
            shape_of(config)


def test_timm_gets_shapes_alone() -> None:
    check_architecture_args("resnet10t", {"stem_width": 16})
    for arguments in ({"checkpoint_path": 1}, {"stem_width": True}, {"cache_dir": 0}, {"x": 1}):
        with pytest.raises(ConfigError, match="cannot be built with"):
            check_architecture_args("resnet10t", arguments)


def text_content(tmp_path: Path) -> dict[str, Any]:
    from lfx.encoders.text import build_text_encoder
    from lfx.encoders.weights import WeightsOrigin
    from lfx.modalities.optimization import Optimization
    from lfx.modalities.text import TextClassifier

    del tmp_path
    shape = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    encoder = build_text_encoder(
        model_type="bert",
        model_args=shape,
        max_length=12,
        pooling="mean",
        vocabulary=300,
        weights=WeightsOrigin("none"),
        train_texts=["good morning"],
    )
    rates = Optimization(1e-3, 1e-3, weight_decay=0.0, warmup=0.1, decay="linear")
    model = TextClassifier(encoder, classes=("a", "b"), dropout=0.1, optimization=rates)
    model.provenance = dict(build().provenance)
    return content_of(model)


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


def test_a_wrong_text_encoder_ends_in_a_message(tmp_path):
    whole = text_content(tmp_path)
    write_content(tmp_path / "text.ckpt", whole)
    load_classifier(tmp_path / "text.ckpt")
    for path, value in TEXT:
        write_content(tmp_path / "text.ckpt", whole)
        content = read_content(tmp_path / "text.ckpt")
        put(content["lfx"]["encoder"], path, value)
        write_content(tmp_path / "text.ckpt", content)
        try:
            load_classifier(tmp_path / "text.ckpt")
        except CheckpointError as error:
            assert "text.ckpt" in str(error)  # noqa: PT017
        else:
            pytest.fail(f"{path} = {value!r:.80} was taken")
