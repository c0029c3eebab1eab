"""lfx's sweeper, launcher, help and logging are defaults: whoever chooses another one gets it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.callbacks import Callbacks
from hydra.experimental.callback import Callback
from omegaconf import OmegaConf

from lfx.command.entry import register
from lfx.command.multirun import NoteFolder
from lfx.command.register import SCHEMAS
from lfx.runtime.locate import config_folder

if TYPE_CHECKING:
    from pathlib import Path

STAGES = ("train", "predict", "fuse", "compare", "report", "augment")


@pytest.fixture
def chosen(tmp_path: Path):
    """Compose a stage with an experiment of a user's own folder; give Hydra's part."""
    register()

    def build(stage, *overrides, experiment=""):
        folder = tmp_path / "experiment"
        folder.mkdir(exist_ok=True)
        (folder / "mine.yaml").write_text(f"# @package _global_\n{experiment}")
        searched = f"hydra.searchpath=['file://{tmp_path}']"
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            return compose(stage, overrides=[searched, *overrides], return_hydra_config=True).hydra

    return build


@pytest.mark.parametrize("stage", STAGES)
def test_every_command_takes_ours_where_nobody_chooses(chosen, stage: str):
    required = ["ckpt=x"] if stage == "predict" else []
    choices = chosen(stage, *required).runtime.choices
    ours = {f"hydra/{group}": "lfx" for group in ("launcher", "sweeper", "help", "job_logging")}
    assert ours.items() <= choices.items()
    assert choices["hydra/hydra_logging"] == "default"


@pytest.mark.parametrize(
    ("group", "option", "target"),
    [
        ("launcher", "joblib", "JoblibLauncher"),
        ("launcher", "basic", "BasicLauncher"),
        ("sweeper", "basic", "BasicSweeper"),
    ],
)
@pytest.mark.parametrize("stage", ["train", "fuse", "augment"])
def test_an_experiments_choice_is_obeyed(chosen, stage: str, group: str, option: str, target: str):
    experiment = f"defaults:\n  - override /hydra/{group}: {option}\n"
    hydra = chosen(stage, "experiment=mine", experiment=experiment)
    assert hydra.runtime.choices[f"hydra/{group}"] == option
    assert hydra[group]._target_.endswith(target)
    back = chosen(stage, "experiment=mine", f"hydra/{group}=lfx", experiment=experiment)
    assert back[group]._target_.startswith("hydra_plugins.lfx_sweep.Lfx")  # who types has the word


def test_its_logging_help_and_settings_too(chosen):
    experiment = (
        "defaults:\n  - override /hydra/job_logging: disabled\n"
        "  - override /hydra/help: default\n  - override /hydra/launcher: joblib\n"
        "hydra: {launcher: {n_jobs: 3}, sweep: {dir: mine}}\n"
    )
    hydra = chosen("fuse", "experiment=mine", experiment=experiment)
    assert hydra.runtime.choices["hydra/help"] == "default"
    assert hydra.runtime.choices["hydra/job_logging"] == "disabled"
    assert (hydra.launcher.n_jobs, hydra.sweep.dir) == (3, "mine")


def test_a_callback_of_ones_own_stands_beside_ours(chosen, tmp_path: Path):
    (tmp_path / "hydra" / "callbacks").mkdir(parents=True)
    own = "mine:\n  _target_: hydra.experimental.callback.Callback\n"
    (tmp_path / "hydra" / "callbacks" / "own.yaml").write_text(own)
    experiment = "defaults:\n  - override /hydra/callbacks: own\n"
    hydra = chosen("fuse", "experiment=mine", experiment=experiment)
    callbacks = Callbacks(OmegaConf.create({"hydra": hydra})).callbacks
    assert {type(one) for one in callbacks} == {NoteFolder, Callback}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_no_default_stands_twice(schema):
    """A root file says what its dataclass does not: composed values, never the same default."""
    name = schema.__name__.removesuffix("Config").lower()
    file = config_folder() / f"{name}.yaml"
    if not file.is_file():
        pytest.skip("not of a command's root file")
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    fields = {field.name: field for field in dataclasses.fields(schema)}
    twice = [
        key
        for key, value in said.items()
        if key in fields and fields[key].default is not dataclasses.MISSING
        if value == fields[key].default
    ]
    assert not twice
