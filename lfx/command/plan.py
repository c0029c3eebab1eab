"""The plan of a multirun: each job's overrides, directory and earlier result."""

from __future__ import annotations

import os
import pickle
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from lfx.command.earlier import SweepError
from lfx.command.job import StageJob, own_overrides
from lfx.runs.status import RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydra.core.config_loader import ConfigLoader
    from hydra.types import TaskFunction


@dataclass(frozen=True)
class PlannedJob:
    """One job of a multirun.

    Attributes:
        number: counted from 0.
        overrides: the job's, without the `+` before them.
        folder: its directory.
        earlier: its status from an earlier run of the multirun; None if it has to be run.
    """

    number: int
    overrides: tuple[str, ...]
    folder: Path
    earlier: RunStatus | None


def plan_jobs(
    loader: ConfigLoader, config: DictConfig, task: TaskFunction, jobs: Sequence[Sequence[str]]
) -> list[PlannedJob]:
    """Compose every job, and find its directory and its earlier result.

    Args:
        loader: composes the jobs.
        config: the multirun's config.
        task: each job's task.
        jobs: each job's overrides.

    Raises:
        HydraException: a job cannot be composed.
        SweepError: there are no jobs; two have one directory, or one has a directory outside of
            the multirun's or of another multirun; or one chooses another launcher or sweeper than
            the multirun.
    """
    if not jobs:
        raise SweepError("the multirun has no jobs: some glob or list of values is empty")
    sweep = Path(config.hydra.sweep.dir)
    # A new directory has no earlier results.
    stage_job = task if isinstance(task, StageJob) and sweep.is_dir() else None
    taken: dict[Path, int] = {}
    planned = []
    for number, overrides in enumerate(jobs):
        job = loader.load_sweep_config(config, list(overrides))
        with job_folder(job, number) as folder:
            task_overrides = own_overrides(job.hydra.overrides.task)
            listed = " ".join(task_overrides)
            _require_one_launcher(config, job, number, listed)
            if Path(job.hydra.sweep.dir) != sweep:
                raise SweepError(
                    f"hydra.sweep.dir must be the same for all jobs, but it is {sweep} for the "
                    f"multirun and {job.hydra.sweep.dir} for job {number} ({listed}); put what "
                    "differs between jobs into hydra.sweep.subdir"
                )
            if folder in taken:
                raise SweepError(
                    f"jobs {taken[folder]} and {number} have the same directory {folder}; "
                    "hydra.sweep.subdir has to differ, as ${hydra.job.num} does"
                )
            taken[folder] = number
            earlier = None
            if stage_job is not None:
                earlier = stage_job.completed_earlier(_without_hydra(job), folder, task_overrides)
        planned.append(PlannedJob(number, tuple(task_overrides), folder, earlier))
    return planned


def _require_one_launcher(config: DictConfig, job: DictConfig, number: int, listed: str) -> None:
    """Refuse a job that chooses another launcher or sweeper than the multirun.

    Hydra chooses both before it reads what differs between jobs, such as experiments that are swept
    over.
    """
    for group in ("hydra/launcher", "hydra/sweeper"):
        expected, chosen = (part.hydra.runtime.choices.get(group) for part in (config, job))
        if chosen != expected:
            raise SweepError(
                f"{group} must be the same for all jobs: it is {expected} for the multirun, but "
                f"job {number} ({listed}) chooses {chosen}; choose for all of them on the command "
                f"line: {group}={chosen}"
            )


@contextmanager
def job_folder(job: DictConfig, number: int) -> Iterator[Path]:
    """Set a job's number and directory as Hydra will, and yield the directory."""
    hydra = HydraConfig.instance()
    before = hydra.cfg
    with open_dict(job):
        job.hydra.job.id = job.hydra.job.num = number
    # For `${hydra:…}` in the directory's name; `set_config` takes longer.
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
    copy: DictConfig = pickle.loads(pickle.dumps(job))  # noqa: S301, as a quick `deepcopy`
    with read_write(copy), open_dict(copy):
        del copy["hydra"]
    return copy
