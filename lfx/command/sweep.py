"""A multirun from its first job to its last, whichever launcher runs them.

Hydra's own sweeper stops telling after the first job that fails, and computes everything again in a
directory that has it already. The classes that Hydra finds stand in `hydra_plugins/lfx_sweep.py`.
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
from lfx.runtime.errors import UserError
from lfx.runtime.files import atomic_path
from lfx.runtime.joblist import ListedJob, write_jobs
from lfx.runtime.rundir import RunStatus, now, read_status

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
    # Whether it is the user's to mend.
    is_mistake: bool

    def __str__(self) -> str:
        first = (self.message.splitlines() or ["no message"])[0]
        return f"job {self.number} ({' '.join(self.overrides)}): {first} [{self.folder}]"


class FailedJobsError(Exception):
    """Some jobs of a multirun failed; the others have run."""

    def __init__(self, failures: Sequence[Failure], jobs: int, hint: str | None) -> None:
        lines = [f"{len(failures)} of {jobs} jobs failed:", *(f"  {one}" for one in failures)]
        lines += [] if hint is None else [hint]
        super().__init__("\n".join(lines))
        self.failures = tuple(failures)

    @property
    def are_mistakes(self) -> bool:
        """Whether all of it is the user's to mend."""
        return all(failure.is_mistake for failure in self.failures)


def run_sweep(
    sweeper: BasicSweeper, task: TaskFunction, arguments: Sequence[str]
) -> list[list[JobReturn]]:
    """Check every job, run those that are not there yet, and tell of all that failed.

    Args:
        sweeper: set up by Hydra; it knows how overrides multiply, and who launches.
        task: what the launcher calls for each job.
        arguments: the multirun's overrides.

    Returns:
        What each job of each batch returned; without configs where the task is of lfx.

    Raises:
        HydraException: a job cannot be composed; none has been run.
        SweepError: there are no jobs, or they cannot go where they should; none has been run.
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
        parser.parse_overrides([*sweeper._parse_config(), *arguments]),  # noqa: SLF001, its subclass's own
        most,
    )
    jobs = [overrides for batch in batches for overrides in batch]
    plan = plan_jobs(loader, config, task, jobs)
    folder = Path(config.hydra.sweep.dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"hydra.sweep.dir={folder} is no folder that can be written to: {reason}"
        raise SweepError(message) from error
    NoteFolder.folder = folder
    with atomic_path(folder / "multirun.yaml") as part:
        OmegaConf.save(config, part)
    write_jobs(folder, [ListedJob(job.number, job.folder, job.overrides) for job in plan])
    kept = {job.number: job.earlier.objective for job in plan if job.earlier is not None}
    if kept:
        log.info("%d of %d jobs were there already", len(kept), len(jobs))
    if hasattr(sweeper.launcher, "kept"):
        sweeper.launcher.kept = kept
    began = now()
    returns, failures, start = [], [], 0
    for batch in batches:
        results = _launch(sweeper.launcher, batch, start, kept)
        for job, result in zip(plan[start:], results, strict=False):
            if result.status == JobStatus.FAILED:
                found = _failure(job, result, began)
                failures += [] if found is None else [found]
            drop_configs(task, result)
        returns.append(results)
        start += len(batch)
    if failures:
        again = f"mended, the same command with hydra.sweep.dir={folder} runs only what is missing"
        raise FailedJobsError(failures, len(jobs), again if _is_resumable(task) else None)
    return returns


def _is_resumable(task: TaskFunction) -> bool:
    return isinstance(task, StageJob) and task.inputs is not None


def _launch(
    launcher: Launcher,
    batch: Sequence[Sequence[str]],
    start: int,
    kept: Mapping[int, float | None],
) -> list[JobReturn]:
    """Run a batch, but for the completed jobs that it begins with.

    Launchers number jobs without gaps; a completed job further on is passed over by our own
    launcher, and by other launchers when its turn comes.
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
        log.exception("%s broke down", type(launcher).__name__)
        lost = _LostError(*traceback.format_exception_only(error))
        for number, _ in enumerate(left, first):
            is_kept = number in kept
            results.append(kept_return(kept[number]) if is_kept else _failed(lost))
        return results
    except BaseException:
        if "submitit" in type(launcher).__module__:
            log.warning("jobs that have been submitted go on; end them by `scancel` or `kill`")
        raise


def _failed(error: Exception) -> JobReturn:
    return JobReturn(status=JobStatus.FAILED, _return_value=error)


class _LostError(Exception):
    """A launcher gave nothing back; some of its jobs may have ended all the same."""


def drop_configs(task: TaskFunction, result: JobReturn) -> None:
    """Drop a job's configs, which would pile up, unless the job is another program's."""
    if isinstance(task, StageJob):
        result.cfg = result.hydra_cfg = None


def kept_return(objective: float | None) -> JobReturn:
    """Give what Hydra expects of a job, for one that need not be run."""
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
        _note_failed(job, message)
    return Failure(job.number, job.overrides, message, job.folder, is_mistake=is_mistake)


def _note_failed(job: PlannedJob, message: str) -> None:
    """Leave a status for a job that could not: its task never began."""
    status = RunStatus("", overrides=list(job.overrides))
    try:
        status.end(job.folder, "failed", message.strip())
    except OSError as error:
        log.warning("job %d has no status: %s", job.number, error)
