from __future__ import annotations

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from lfx.command.composer import Composer
from lfx.command.entry import register
from lfx.configuration.locate import config_folder


@pytest.fixture
def loader():
    """Hydra's own loader of configs, as a stage starts it."""
    register()
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        yield GlobalHydra.instance().hydra.config_loader


@pytest.fixture
def composer(loader):
    return Composer(loader.get_search_path())
