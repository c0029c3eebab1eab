"""W&B's own sweeps: files that `wandb sweep` takes, and whose agent starts lfx as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from lfx.evaluation.scores import reported

FILES = sorted((Path(__file__).resolve().parents[2] / "examples/wandb_sweeps").glob("*.yaml"))
# What W&B's server takes: https://docs.wandb.ai/models/sweeps/sweep-config-keys
KEYS = {"name", "method", "metric", "run_cap", "parameters", "command"}
DISTRIBUTIONS = {"uniform", "log_uniform_values"}


def values(parameter):
    """Return values of a parameter that an agent may get: all, or both ends of a range."""
    if "value" in parameter:
        assert set(parameter) == {"value"}
        return [parameter["value"]]
    if "values" in parameter:
        assert set(parameter) == {"values"}
        return parameter["values"]
    assert set(parameter) == {"distribution", "min", "max"}
    assert parameter["distribution"] in DISTRIBUTIONS
    return [parameter["min"], parameter["max"]]


def started(sweep, chosen):
    """Return what W&B's agent starts: its macros are replaced as it does."""
    arguments = {key: {"value": one} for key, one in chosen.items()}
    macros = create_sweep_command_args({"args": arguments}) | {"env": ["/usr/bin/env"]}
    words = create_sweep_command([*sweep["command"]])
    return [
        part
        for word in words
        for part in (macros[word[2:-1]] if str(word).startswith("${") else [word])
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_choice_of_a_sweep_composes(file, typed):
    sweep = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert set(sweep) <= KEYS
    assert sweep["method"] in {"grid", "random", "bayes"}
    assert sweep["metric"]["goal"] == "maximize"
    split, _, score = sweep["metric"]["name"].partition("/")
    assert split == "val"  # never what is reported
    assert score in reported()
    choices = {key: values(parameter) for key, parameter in sweep["parameters"].items()}
    for number in range(max(map(len, choices.values()))):  # each value of each parameter
        words = started(sweep, {key: one[number % len(one)] for key, one in choices.items()})
        assert words[:3] == ["/usr/bin/env", "python", "-m"]
        stage, *arguments = words[3:]
        config = typed(stage.removeprefix("lfx."), *arguments)
        assert type(config.logger).__name__ == "WandbLogging"


def test_there_are_sweeps_for_training_and_for_fusion():
    assert [file.stem for file in FILES] == ["fusion_weights", "train"]
