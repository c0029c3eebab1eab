"""The sweeper and the launcher that lfx's stages use unless told otherwise.

Hydra imports every module of this package at each start of any of its programs, so that what the
classes do stands in `lfx.command`, and is imported when it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.types import HydraContext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydra.core.utils import JobReturn
    from hydra.types import TaskFunction
    from omegaconf import DictConfig


class LfxSweeper(BasicSweeper):
    """Hydra's basic sweeper, but quick, to be repeated, and not stopped by a job that fails."""

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take over from Hydra; launchers get a loader that composes quickly."""
        from lfx.command.composer import Composer

        self.task_function = task_function
        composer = Composer(hydra_context.config_loader.get_search_path())
        super().setup(
            hydra_context=HydraContext(config_loader=composer, callbacks=hydra_context.callbacks),
            task_function=task_function,
            config=config,
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run the multirun; see `lfx.command.sweep.run_sweep`."""
        from lfx.command.sweep import run_sweep

        return run_sweep(self, self.task_function, arguments)


class LfxLauncher(BasicLauncher):
    """Hydra's basic launcher, which passes over what is there and holds on to little."""

    def __init__(self) -> None:
        super().__init__()
        # What the jobs returned that need not be run, by number; the sweeper says so.
        self.kept: Mapping[int, float | None] = {}

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run jobs one after the other; see `lfx.command.launcher.launch`."""
        from lfx.command.launcher import launch

        return launch(self, job_overrides, initial_job_idx, self.kept)
