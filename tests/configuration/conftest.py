from __future__ import annotations

import pytest
from hydra import compose, initialize_config_dir

from lfx.command.entry import register
from lfx.configuration.augment import AugmentConfig
from lfx.configuration.build import build
from lfx.configuration.fuse import FuseConfig
from lfx.configuration.locate import config_folder
from lfx.configuration.predict import PredictConfig
from lfx.configuration.report import ReportConfig
from lfx.configuration.study import StudyConfig
from lfx.configuration.train import TrainConfig
from lfx.configuration.typed import as_typed
from lfx.data.dataset import Dataset

ROOTS = {
    "train": TrainConfig,
    "predict": PredictConfig,
    "fuse": FuseConfig,
    "report": ReportConfig,
    "augment": AugmentConfig,
    "study": StudyConfig,
}


@pytest.fixture(scope="session")
def roots():
    return ROOTS


@pytest.fixture
def composed():
    """Compose a stage from overrides, as Hydra does on the command line."""
    register()

    def build(stage, *overrides, hydra=False):
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            return compose(stage, overrides=list(overrides), return_hydra_config=hydra)

    return build


@pytest.fixture
def typed(composed):
    """Compose a stage, turn it into its checked dataclass, and build its data set."""

    def build_typed(stage, *overrides):
        config = as_typed(composed(stage, *overrides), ROOTS[stage])
        if stage in {"train", "augment", "predict"}:
            build(config.data, "data", Dataset)
        return config

    return build_typed
