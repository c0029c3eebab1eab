from __future__ import annotations

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from lfx.command.composer import Composer
from lfx.command.entry import OPEN_DATA, Job, register, with_plus
from lfx.command.roots.augment import AugmentConfig
from lfx.command.roots.compare import CompareConfig
from lfx.command.roots.fuse import FuseConfig
from lfx.command.roots.predict import PredictConfig
from lfx.command.roots.report import ReportConfig
from lfx.command.roots.study import StudyConfig
from lfx.command.roots.train import TrainConfig
from lfx.command.typed import as_typed
from lfx.data.dataset import Dataset
from lfx.runtime.build import build
from lfx.runtime.locate import config_folder
from lfx.train import build_plan

ROOTS = {
    "train": TrainConfig,
    "predict": PredictConfig,
    "fuse": FuseConfig,
    "compare": CompareConfig,
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
            words = [with_plus(word, (*OPEN_DATA, "start", "members")) for word in overrides]
            return compose(stage, overrides=words, return_hydra_config=hydra)

    return build


@pytest.fixture
def typed(composed, tmp_path):
    """Compose a stage, turn it into its checked dataclass, and build what it names."""

    def build_typed(stage, *overrides):
        config = as_typed(composed(stage, *overrides), ROOTS[stage])
        if stage == "train":
            build_plan(config, Job(tmp_path, (), None)).require_possible()
        elif stage in {"augment", "predict"}:
            build(config.data, "data", Dataset)
        return config

    return build_typed


@pytest.fixture
def loader():
    """Hydra's own loader of configs, as a stage starts it."""
    register()
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        yield GlobalHydra.instance().hydra.config_loader


@pytest.fixture
def composer(loader):
    return Composer(loader.get_search_path())
