"""Running a multirun with any launcher.

Hydra's own sweeper reports only the first failed job, and repeats jobs that have completed in the
directory. The classes that Hydra finds are in `hydra_plugins/lfx_sweep.py`.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf

from lfx.command.earlier import SweepError
from lfx.command.job import StageJob
from lfx.command.multirun import NoteFolder
from lfx.command.plan import plan_jobs
from lfx.runs.joblist import ListedJob, write_jobs
from lfx.runs.status import RunStatus, now, read_status
from lfx.runtime.errors import UserError
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.plugins.launcher import Launcher
    from hydra.types import TaskFunction

    from lfx.command.plan import PlannedJob

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """A job of a multirun that has not completed."""

    number: int
    overrides: tuple[str, ...]
    message: str
    folder: Path
    # Whether it is the user's mistake.
    is_mistake: bool

    def __str__(self) -> str:
        first = (self.message.splitlines() or ["no message"])[0]
        return f"job {self.number} ({' '.join(self.overrides)}): {first} [{self.folder}]"


class FailedJobsError(Exception):
    """Some jobs of a multirun failed; the others have run."""

    def __init__(self, failures: Sequence[Failure], jobs: int, hint: str | None) -> None:
        lines = [f"{len(failures)} of {jobs} jobs failed:", *(f"  {item}" for item in failures)]
        lines += [] if hint is None else [hint]
        super().__init__("\n".join(lines))
        self.failures = tuple(failures)

    @property
    def are_mistakes(self) -> bool:
        """Whether all failures are the user's mistakes."""
        return all(failure.is_mistake for failure in self.failures)


def run_sweep(
    sweeper: BasicSweeper, task: TaskFunction, arguments: Sequence[str]
) -> list[list[JobReturn]]:
    """Check every job, run those that have not completed earlier, and report all failures.

    Args:
        sweeper: set up by Hydra; it expands overrides into jobs, and has the launcher.
        task: what the launcher calls for each job.
        arguments: the multirun's overrides.

    Returns:
        The result of each job of each batch; without configs if the task is lfx's.

    Raises:
        HydraException: a job cannot be composed; none has been run.
        SweepError: there are no jobs, or their directories conflict; none has been run.
        FailedJobsError: all have been run, and some failed.
    """
    if sweeper.config is None or sweeper.hydra_context is None or sweeper.launcher is None:
        raise RuntimeError("Hydra has not set the sweeper up")
    most = sweeper.max_batch_size
    if most is not None and most < 1:
        raise SweepError(f"hydra.sweeper.max_batch_size: 1 or more, or null, not {most}")
    loader, config = sweeper.hydra_context.config_loader, sweeper.config
    parser = OverridesParser.create(config_loader=loader)
    batches = sweeper.split_arguments(
        parser.parse_overrides([*sweeper._parse_config(), *arguments]),  # noqa: SLF001, its subclass
        most,
    )
    jobs = [overrides for batch in batches for overrides in batch]
    plan = plan_jobs(loader, config, task, jobs)
    folder = Path(config.hydra.sweep.dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"hydra.sweep.dir={folder} is not a folder that can be written to: {reason}"
        raise SweepError(message) from error
    NoteFolder.folder = folder
    with atomic_path(folder / "multirun.yaml") as part:
        OmegaConf.save(config, part)
    write_jobs(folder, [ListedJob(job.number, job.folder, job.overrides) for job in plan])
    kept = {job.number: job.earlier.objective for job in plan if job.earlier is not None}
    if kept:
        log.info("%d of %d jobs have completed earlier", len(kept), len(jobs))
    if hasattr(sweeper.launcher, "kept"):
        sweeper.launcher.kept = kept
    began = now()
    returns, failures, start = [], [], 0
    for batch in batches:
        results = _launch(sweeper.launcher, batch, start, kept)
        for job, result in zip(plan[start:], results, strict=False):
            if result.status == JobStatus.FAILED:
                failure = _failure(job, result, began)
                failures += [] if failure is None else [failure]
            drop_configs(task, result)
        returns.append(results)
        start += len(batch)
    if failures:
        is_resumable = isinstance(task, StageJob) and task.inputs is not None
        hint = f"once corrected, the same command with hydra.sweep.dir={folder} runs only the rest"
        raise FailedJobsError(failures, len(jobs), hint if is_resumable else None)
    return returns


def _launch(
    launcher: Launcher,
    batch: Sequence[Sequence[str]],
    start: int,
    kept: Mapping[int, float | None],
) -> list[JobReturn]:
    """Run a batch without the completed jobs at its beginning.

    Launchers number jobs without gaps; completed jobs further on are skipped by lfx's launcher, and
    with other launchers by the job itself.
    """
    first = start
    while first < start + len(batch) and first in kept:
        first += 1
    results = [kept_return(kept[number]) for number in range(start, first)]
    left = batch[first - start :]
    if not left:
        return results
    try:
        return [*results, *launcher.launch(left, initial_job_idx=first)]
    except Exception as error:
        log.exception("%s failed", type(launcher).__name__)
        lost = _LostError(*traceback.format_exception_only(error))
        for number, _ in enumerate(left, first):
            is_kept = number in kept
            results.append(kept_return(kept[number]) if is_kept else _failed(lost))
        return results
    except BaseException:
        if "submitit" in type(launcher).__module__:
            log.warning("submitted jobs keep running; end them with `scancel` or `kill`")
        raise


def _failed(error: Exception) -> JobReturn:
    return JobReturn(status=JobStatus.FAILED, _return_value=error)


class _LostError(Exception):
    """A launcher returned nothing; some of its jobs may have completed."""


def drop_configs(task: TaskFunction, result: JobReturn) -> None:
    """Drop a job's configs to free memory, unless the task is another program's."""
    if isinstance(task, StageJob):
        result.cfg = result.hydra_cfg = None


def kept_return(objective: float | None) -> JobReturn:
    """Return the result of a job that has completed earlier, as Hydra expects it."""
    return JobReturn(status=JobStatus.COMPLETED, _return_value=objective)


def _failure(job: PlannedJob, result: JobReturn, began: str) -> Failure | None:
    error = result._return_value  # noqa: SLF001, the property would raise it
    is_mistake = isinstance(error, UserError)
    message = str(error) if is_mistake else "".join(traceback.format_exception_only(error))
    status = read_status(job.folder)
    has_run = status is not None and status.started >= began
    if isinstance(error, _LostError):
        message = str(error)
        if status is not None and has_run:
            if status.state == "completed":
                return None
            message = status.error or f"{status.state}; {error}"
    if not has_run:
        _write_failed(job, message)
    return Failure(job.number, job.overrides, message, job.folder, is_mistake=is_mistake)


def _write_failed(job: PlannedJob, message: str) -> None:
    """Write the status of a job whose task never started."""
    status = RunStatus("", overrides=list(job.overrides))
    try:
        status.end(job.folder, "failed", message.strip())
    except OSError as error:
        log.warning("job %d has no status: %s", job.number, error)
