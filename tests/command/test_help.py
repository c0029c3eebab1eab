"""`--help` lists what a command chooses from, read from the files."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hydra.types import RunMode

from lfx.command.help import describe_command, describe_options, list_groups
from lfx.command.register import SCHEMAS
from lfx.runtime.locate import config_folder

if TYPE_CHECKING:
    from pathlib import Path

CONF = config_folder()
DATA = sorted(file.stem for file in (CONF / "data").glob("*.yaml"))


def groups(command: str, choices: list[str], *more: Path) -> dict[str, list[str]]:
    lines = list_groups(command, [*more, CONF], choices).replace("\n  ", " ").splitlines()
    pairs = (line.split(": ", 1) for line in lines)
    return {group: options.split(", ") for group, options in pairs}


def test_a_command_lists_its_own_groups_alone():
    found = groups("fuse", ["data", "fusion", "experiment", "hydra/launcher"])
    assert found["data"] == DATA
    assert found["fusion"] == sorted(file.stem for file in (CONF / "fusion").glob("*.yaml"))
    assert found.keys().isdisjoint({"encoder", "hydra/launcher"})


def test_experiments_of_other_commands_are_left_out():
    train = ["data", "encoder", "loss@loss.first", "modality", "trainer", "logger", "experiment"]
    of_train = groups("train", train)
    of_fuse = groups("fuse", ["data", "fusion", "calibration", "logger", "experiment"])
    assert "minimizing_loss" not in of_train["experiment/paper"]
    assert "resnet50" in of_train["experiment/paper"]
    assert of_fuse["experiment/paper"] == ["detection_rate", "minimizing_loss"]
    assert "experiment" not in of_fuse  # contrastive_ablation is a training's
    assert "ntxent" in of_train["loss"]


def test_a_folder_of_ones_own_is_listed_too(tmp_path: Path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_text("# @package _global_\nseed: 3\n")
    assert groups("fuse", ["experiment"], tmp_path)["experiment"] == ["mine"]


@pytest.mark.parametrize("stage", ["train", "report"])
def test_help_is_quick_and_whole(tmp_path: Path, stage: str):
    """Of CPU: this test may well share the machine; by the wall it is less than a second."""
    program = (
        "import sys, resource, runpy, atexit\n"
        "def told():\n"
        "    used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    print(used.ru_utime + used.ru_stime, 'torch' in sys.modules, file=sys.stderr)\n"
        f"atexit.register(told); sys.argv = ['lfx.{stage}', '--help']\n"
        f"runpy.run_module('lfx.{stage}', run_name='__main__', alter_sys=True)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"Choices (GROUP=OPTION):\n\ndata: {', '.join(DATA)}\n" in done.stdout
    assert "Settings (KEY=VALUE):" in done.stdout
    seconds, has_torch = done.stderr.split()
    assert has_torch == "False"
    assert float(seconds) < 2  # Hydra's own: over three


def test_the_options_that_are_chosen_are_explained(loader):
    config = loader.load_configuration("fuse", ["fusion=grid", "data=table"], RunMode.RUN)
    told = describe_options(config)
    assert max(map(len, told.splitlines())) <= 80
    words = " ".join(told.split())
    assert "fusion=grid: Score weightings on the whole simplex on the fit split" in words
    assert "fusion.steps: an integer at least 1, or null. Weights are multiples of" in words
    assert "fusion.metric: accuracy, f1_weighted, f1_macro, " in words
    assert "data.rare_classes: error, drop or merge. `error`: a rare class ends the run." in words
    assert "data.source.quoting: auto, quoted or none. Whether a quotation mark" in words


@pytest.mark.parametrize(
    "command", ["train", "fuse", "compare", "predict", "augment", "report", "study"]
)
def test_a_commands_own_settings_are_described(command):
    (schema,) = [one for one in SCHEMAS if one.__name__ == f"{command.title()}Config"]
    described = describe_command(command).splitlines()
    names = [line.strip().partition(":")[0] for line in described if not line.startswith("    ")]
    assert names == [field.name for field in dataclasses.fields(schema)]
    assert max(map(len, described)) <= 80
