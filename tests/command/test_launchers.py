from __future__ import annotations

import re

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf

from lfx.command.entry import register
from lfx.runtime.locate import config_folder

FOLDER = config_folder() / "hydra" / "launcher"
LAUNCHERS = sorted(file.stem for file in FOLDER.glob("*.yaml"))


@pytest.fixture
def launcher_of():
    """Compose a stage with a launcher; give the launcher's config."""
    register()

    def build(name, *overrides, stage="fuse"):
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            asked = [f"hydra/launcher={name}", "hydra.sweep.dir=sweep", *overrides]
            whole = compose(stage, overrides=asked, return_hydra_config=True)
        OmegaConf.resolve(whole.hydra.launcher)
        return whole.hydra.launcher

    return build


@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launcher_says_what_it_is_and_how_to_ask_for_it(name):
    text = (FOLDER / f"{name}.yaml").read_text()
    command = re.search(r"#   (python -m lfx\.\w+ -m .+)", text)
    assert command
    assert name == "lfx" or f"hydra/launcher={name} " in command[1]


@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launcher_is_built_from_its_config(launcher_of, name):
    """What the YAML says is what a plugin gets; where one is not installed it only composes."""
    config = launcher_of(name)
    own = OmegaConf.to_container(OmegaConf.load(FOLDER / f"{name}.yaml"))
    composed = OmegaConf.to_container(config)
    for key in own.keys() - {"submitit_folder", "name"}:
        assert composed[key] == own[key]
    plugins = Plugins.instance()
    if config._target_ not in plugins.class_name_to_class:
        assert name == "ray"
        pytest.skip("Ray is not installed")
    launcher = plugins._instantiate(config)
    assert type(launcher).__name__ == config._target_.rpartition(".")[2]


def test_our_configs_stand_before_the_plugins_own_and_are_checked_against_them(launcher_of):
    config = launcher_of("submitit_slurm", "hydra.launcher.partition=gpu", stage="train")
    assert (config.timeout_min, config.partition) == (240, "gpu")
    assert (config.submitit_folder, config.name) == ("sweep/.submitit/%j", "train")
    assert "gres" in config  # what only the plugin's own config names
    with pytest.raises(Exception, match="timeout_min"):
        launcher_of("submitit_slurm", "hydra.launcher.timeout_min=long")


def test_the_plugins_own_configs_and_hydras_stay_within_reach(launcher_of):
    assert launcher_of("basic")._target_.endswith("basic_launcher.BasicLauncher")
