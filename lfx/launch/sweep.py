"""A multirun from its first job to its last, whichever launcher runs them.

Hydra's own sweeper stops telling after the first job that fails, and computes everything again in a
directory that has it already. The classes that Hydra finds stand in `hydra_plugins/lfx_sweep.py`.
"""

from __future__ import annotations

import logging
import os
import pickle
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from lfx.launch.earlier import SweepError
from lfx.launch.job import StageJob, own_overrides
from lfx.runtime.errors import UserError
from lfx.runtime.rundir import now, read_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.config_loader import ConfigLoader
    from hydra.plugins.launcher import Launcher
    from hydra.types import TaskFunction

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
        What each job of each batch returned; configs are left out.

    Raises:
        HydraException: a job cannot be composed; none has been run.
        SweepError: the directory is another multirun's; none has been run.
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
    kept = check_jobs(loader, config, task, jobs)
    folder = Path(config.hydra.sweep.dir)
    folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(config, folder / "multirun.yaml")
    if kept:
        log.info("%d of %d jobs were there already", len(kept), len(jobs))
    if hasattr(sweeper.launcher, "kept"):
        sweeper.launcher.kept = kept
    began = now()
    returns, failures, start = [], [], 0
    for batch in batches:
        results = _launch(sweeper.launcher, batch, start, kept)
        for number, result in enumerate(results, start):
            if result.status == JobStatus.FAILED:
                with placed(loader.load_sweep_config(config, list(jobs[number])), number) as place:
                    found = _failure(number, jobs[number], place, result, began)
                failures += [] if found is None else [found]
            result.cfg = result.hydra_cfg = None  # they would pile up
        returns.append(results)
        start += len(batch)
    if failures:
        again = f"the same command with hydra.sweep.dir={folder} runs only these again"
        raise FailedJobsError(failures, len(jobs), again if _is_resumable(task) else None)
    return returns


def _is_resumable(task: TaskFunction) -> bool:
    return isinstance(task, StageJob) and task.inputs is not None


def check_jobs(
    loader: ConfigLoader, config: DictConfig, task: TaskFunction, jobs: Sequence[Sequence[str]]
) -> dict[int, float | None]:
    """Compose every job, and find those that have completed earlier.

    Returns:
        By job number, what each of those returned.
    """
    # In a new directory nothing is to be found, and looking takes longer than composing.
    looks = isinstance(task, StageJob) and Path(config.hydra.sweep.dir).is_dir()
    kept = {}
    for number, overrides in enumerate(jobs):
        job = loader.load_sweep_config(config, list(overrides))
        if looks and isinstance(task, StageJob):
            with placed(job, number) as folder:
                own = own_overrides(job.hydra.overrides.task)
                earlier = task.completed_earlier(_without_hydra(job), folder, own)
            if earlier is not None:
                kept[number] = earlier.objective
    return kept


@contextmanager
def placed(job: DictConfig, number: int) -> Iterator[Path]:
    """Give a job's config its number, and its directory as Hydra will, while the block lasts."""
    hydra = HydraConfig.instance()
    before = hydra.cfg
    with open_dict(job):
        job.hydra.job.id = job.hydra.job.num = number
    # For `${hydra:…}`, which may stand in the directory's name; `set_config` takes longer.
    hydra.cfg = job  # type: ignore[assignment]
    try:
        parts = (OmegaConf.select(job, f"hydra.sweep.{part}") for part in ("dir", "subdir"))
        folder = Path(*(str(part) for part in parts))
        with read_write(job.hydra.runtime), open_dict(job.hydra.runtime):
            job.hydra.runtime.output_dir = os.path.abspath(folder)  # noqa: PTH100, as Hydra does
        yield folder
    finally:
        hydra.cfg = before


def _without_hydra(job: DictConfig) -> DictConfig:
    own: DictConfig = pickle.loads(pickle.dumps(job))  # noqa: S301, as a quick `deepcopy`
    with read_write(own), open_dict(own):
        del own["hydra"]
    return own


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
        return [*results, *(JobReturn(status=JobStatus.FAILED, _return_value=lost) for _ in left)]


class _LostError(Exception):
    """A launcher gave nothing back; some of its jobs may have ended all the same."""


def kept_return(objective: float | None) -> JobReturn:
    """Give what Hydra expects of a job, for one that need not be run."""
    return JobReturn(status=JobStatus.COMPLETED, _return_value=objective)


def _failure(
    number: int, overrides: Sequence[str], folder: Path, result: JobReturn, began: str
) -> Failure | None:
    error = result._return_value  # noqa: SLF001, the property would raise it
    is_mistake = isinstance(error, UserError)
    message = str(error) if is_mistake else "".join(traceback.format_exception_only(error))
    if isinstance(error, _LostError):
        status = read_status(folder)
        if status is not None and status.started >= began:
            if status.state == "completed":
                return None
            message = status.error or f"{status.state}; {error}"
        else:
            message = str(error)
    own = tuple(own_overrides(overrides))
    return Failure(number, own, message, folder, is_mistake=is_mistake)
