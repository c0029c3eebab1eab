"""A command's task as Hydra calls it: once for each job, in this process or a launcher's."""

from __future__ import annotations

import gc
import logging
import math
import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

import lfx
from lfx.command.code import code_digests
from lfx.command.earlier import find_completed
from lfx.command.null_sections import use_null_sections
from lfx.command.open_groups import use_open_groups
from lfx.command.origins import interruption_behind, with_origins
from lfx.command.roots.figures import WithFigures
from lfx.command.settings_file import use_own_loading
from lfx.command.storage import storage_error
from lfx.command.typed import as_typed
from lfx.runs.status import RunStatus
from lfx.runtime.errors import UserError
from lfx.runtime.figures import Figures, figures_as
from lfx.runtime.plain import config_hash, plain
from lfx.runtime.progress import Steps, within

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

StageConfig = TypeVar("StageConfig")

# A launcher's worker composes jobs itself; it imports this module with the task.
use_own_loading()
use_null_sections()
use_open_groups()

INTERRUPTED = 128 + signal.SIGINT
# How to carry on after an interruption, by command.
_RESUMED = {"train": "; ckpt=last resumes it"}


@dataclass(frozen=True)
class Job:
    """A job's folder and overrides."""

    folder: Path
    overrides: tuple[str, ...]
    # The multirun's directory; None in a single run.
    sweep: Path | None


@dataclass
class StageJob(Generic[StageConfig]):
    """Runs a command's task with one composed config.

    It converts the config to typed settings, writes `status.json`, and frees what a failed job of a
    multirun holds.
    """

    stage: str
    schema: type[StageConfig]
    task: Callable[[StageConfig, Job], float | None]
    # Returns a digest of what the task reads; with it a multirun's completed jobs are kept.
    inputs: Callable[[StageConfig], str] | None = None
    # Files that a completed job has in its directory.
    leaves: tuple[str, ...] = ()
    # Called with each job's settings before they are checked.
    prepare: Callable[[DictConfig], None] | None = None
    # Whether a job has started in this process.
    started: bool = False
    # The user's mistake that ended a single run.
    mistake: UserError | None = None
    # The error whose traceback has been logged.
    logged: Exception | None = None

    def __call__(self, config: DictConfig) -> float | None:
        """Run one job; its number and directory are in `HydraConfig`."""
        self.started = True
        try:
            return self._run(config)
        except UserError as error:
            if HydraConfig.get().mode == RunMode.MULTIRUN:
                raise  # the sweeper reports it
            self.mistake = error  # raised now, Hydra would print a line before the message
            return None

    def completed_earlier(
        self, config: DictConfig, folder: Path, overrides: Sequence[str]
    ) -> RunStatus | None:
        """Return the status of the same job if it has completed in the directory.

        Args:
            config: the job's config, without Hydra's part.
            folder: the job's directory.
            overrides: the job's overrides.

        Raises:
            SweepError: the directory belongs to another job.
        """
        status = find_completed(folder, self.stage, overrides)
        if status is None or self.inputs is None or not status.settings:
            return None
        if not all((folder / file).is_file() for file in self.leaves):
            return None
        try:
            is_same = status.settings == self._fingerprint(self._typed(config))
        except (UserError, OSError):  # the job itself will report it
            return None
        return status if is_same else None

    def _typed(self, config: DictConfig) -> StageConfig:
        if self.prepare is not None:
            self.prepare(config)
        return as_typed(config, self.schema)

    def _fingerprint(self, typed: StageConfig) -> str:
        if self.inputs is None:
            return ""
        settings = plain(typed)
        return config_hash(
            {
                "settings": settings,
                "inputs": self.inputs(typed),
                "lfx": lfx.__version__,
                "code": code_digests(settings),
            }
        )

    def _run(self, config: DictConfig) -> float | None:
        settings = HydraConfig.get()
        overrides = own_overrides(settings.overrides.task)
        folder = Path(settings.runtime.output_dir)
        sweep = Path(settings.sweep.dir) if settings.mode == RunMode.MULTIRUN else None
        if sweep is not None:
            earlier = self.completed_earlier(config, folder, overrides)
            if earlier is not None:
                return earlier.objective
        status = RunStatus(self.stage, overrides=overrides, pid=os.getpid(), host=platform.node())
        status.write(folder)
        try:
            typed = self._typed(config)
            fingerprint = ""
            if sweep is not None:
                with suppress(UserError, OSError):  # the task meets the same error and reports it
                    fingerprint = self._fingerprint(typed)
            result = self._run_task(typed, Job(folder, tuple(overrides), sweep))
            if result is None or math.isfinite(result):  # JSON has no other numbers
                status.objective = None if result is None else float(result)
                status.settings = fingerprint
            status.end(folder, "completed")
        except UserError as error:
            log.debug("stopped", exc_info=True)
            if sweep is not None:  # in a single run `run_stage` prints it
                log.error("job %s: %s", settings.job.num, error)  # noqa: TRY400, a mistake has no traceback
            _end(status, folder, "failed", str(error))
            _free_memory(error)
            raise
        except Exception as error:
            log.exception("failed")
            self.logged = error if log.hasHandlers() and not log.disabled else None
            _end(status, folder, "failed", "".join(traceback.format_exception_only(error)).strip())
            _free_memory(error)
            raise
        except BaseException as error:  # Ctrl-C, SIGTERM, or Lightning's exit after either
            by_user = isinstance(error, KeyboardInterrupt) or isinstance(
                error.__context__, KeyboardInterrupt
            )
            _end(status, folder, "interrupted", "Ctrl-C" if by_user else type(error).__name__)
            log.warning("interrupted; %s%s", folder, _RESUMED.get(self.stage, ""))
            if by_user and isinstance(error, SystemExit):
                raise SystemExit(INTERRUPTED) from error
            raise
        finally:
            _finish_wandb(failed=status.state != "completed")
        return result

    def _run_task(self, typed: StageConfig, job: Job) -> float | None:
        figures = typed.figures if isinstance(typed, WithFigures) else Figures()
        try:
            with within(Steps(self.stage, 1)), figures_as(figures):
                return self.task(typed, job)
        except Exception as error:
            interruption = interruption_behind(error)
            if interruption is not None:
                raise interruption from None
            storage = storage_error(with_origins(error), job.folder)
            if storage is None:
                raise
            raise storage from error


def own_overrides(overrides: Sequence[str]) -> list[str]:
    """Return a job's overrides without the `+` that lfx or the user put before them."""
    return [text.lstrip("+") for text in overrides]


def _end(status: RunStatus, folder: Path, state: str, message: str) -> None:
    """Record how a job ended; if that cannot be written, the job counts as killed."""
    with suppress(OSError):
        status.end(folder, state, message)


def _free_memory(error: BaseException) -> None:
    """Free a failed job's memory; Hydra keeps the error until the sweep ends."""
    for cause in with_origins(error):
        traceback.clear_frames(cause.__traceback__)
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _finish_wandb(*, failed: bool) -> None:
    """Close W&B's run; the next job would log into it otherwise."""
    wandb = sys.modules.get("wandb")
    if wandb is not None and wandb.run is not None:
        wandb.finish(exit_code=int(failed))
