from __future__ import annotations

import pytest
from hydra import compose, initialize_config_dir

from lfx.command.entry import prepare
from lfx.configuration.augment import AugmentConfig
from lfx.configuration.fuse import FuseConfig
from lfx.configuration.locate import config_folder
from lfx.configuration.predict import PredictConfig
from lfx.configuration.report import ReportConfig
from lfx.configuration.train import TrainConfig
from lfx.configuration.typed import as_typed

ROOTS = {
    "train": TrainConfig,
    "predict": PredictConfig,
    "fuse": FuseConfig,
    "report": ReportConfig,
    "augment": AugmentConfig,
}


@pytest.fixture(scope="session")
def roots():
    return ROOTS


@pytest.fixture
def composed():
    """Compose a stage from overrides, as Hydra does on the command line."""
    prepare()

    def build(stage, *overrides, hydra=False):
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            return compose(stage, overrides=list(overrides), return_hydra_config=hydra)

    return build


@pytest.fixture
def typed(composed):
    """Compose a stage and turn it into its checked dataclass."""

    def build(stage, *overrides):
        return as_typed(composed(stage, *overrides), ROOTS[stage])

    return build
