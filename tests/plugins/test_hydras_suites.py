"""Hydra's own suites for launchers and sweepers."""

from __future__ import annotations

import pytest
from hydra.test_utils.launcher_common_tests import (
    BatchedSweeperTestSuite,
    IntegrationTestSuite,
    LauncherTestSuite,
)
from hydra.version import VersionBase
from packaging.version import Version

from lfx.runtime.locate import config_folder

# The suites' programs do not say which version of Hydra's behaviour they want.
pytestmark = pytest.mark.filterwarnings(r"ignore:\s*Future Hydra versions:UserWarning")


@pytest.fixture(autouse=True)
def _as_programs_without_a_version_base(monkeypatch):
    monkeypatch.setattr(VersionBase.instance(), "version_base", Version("1.1"))


SEARCHED = f"hydra.searchpath=['file://{config_folder()}']"


@pytest.mark.parametrize(("launcher_name", "overrides"), [("lfx", [SEARCHED])])
class TestLauncher(LauncherTestSuite):
    """The launcher under Hydra's basic sweeper."""


@pytest.mark.parametrize(("launcher_name", "overrides"), [("lfx", [SEARCHED, "hydra/sweeper=lfx"])])
class TestLauncherAndSweeper(LauncherTestSuite):
    """Both together, as lfx's commands use them."""


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [("lfx", [SEARCHED, "hydra/sweeper=lfx", "hydra.sweeper.max_batch_size=2"])],
)
class TestBatches(BatchedSweeperTestSuite):
    """The sweeper, which hands jobs over in batches."""


@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"),
    [({}, ["-m", SEARCHED, "hydra/launcher=lfx", "hydra/sweeper=lfx"])],
)
class TestIntegration(IntegrationTestSuite):
    """Small programs as users write them."""
