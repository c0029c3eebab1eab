from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir

from lfx.command.entry import register
from lfx.configuration.build import build
from lfx.configuration.locate import config_folder
from lfx.configuration.train import TrainConfig
from lfx.configuration.typed import as_typed, plain
from lfx.data.dataset import Dataset
from lfx.modalities.compute import Compute
from lfx.modalities.surroundings import Surroundings

SHORT = ("data.source.pairs=150", "trainer.max_epochs=2", "trainer.progress=false")


@pytest.fixture(scope="session")
def configured(tmp_path_factory):
    """Compose a training run on little data, as the command line does."""
    register()
    root = tmp_path_factory.mktemp("demo")

    def build_config(*overrides):
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            own = (f"data.root={root}/data", f"data.cache_dir={root}/cache")
            config = compose("train", overrides=[*SHORT, *own, *overrides])
        return as_typed(config, TrainConfig)

    return build_config


@pytest.fixture(scope="session")
def table(configured):
    config = configured()
    return replace(build(config.data, "data", Dataset), split="random").labelled()


@pytest.fixture
def surroundings(table, tmp_path):
    """Say where a run happens: on one thread's worth of CPU, in full precision."""

    def build_surroundings(config):
        return Surroundings(
            table,
            Compute(torch.device("cpu"), "fp32", config.trainer.batch_size),
            tmp_path,
            Path(config.data.cache_dir),
            plain(config.modality)["augmentation"],
        )

    return build_surroundings
