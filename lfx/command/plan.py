"""What a multirun is going to do: each job composed and placed, or found to be there already."""

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
from lfx.runtime.rundir import RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydra.core.config_loader import ConfigLoader
    from hydra.types import TaskFunction


@dataclass(frozen=True)
class PlannedJob:
    """One job of a multirun.

    Attributes:
        number: counted from 0.
        overrides: its own, without the `+` before them.
        folder: where it goes.
        earlier: how it completed in an earlier run of the multirun; None where it has to be run.
    """

    number: int
    overrides: tuple[str, ...]
    folder: Path
    earlier: RunStatus | None


def plan_jobs(
    loader: ConfigLoader, config: DictConfig, task: TaskFunction, jobs: Sequence[Sequence[str]]
) -> list[PlannedJob]:
    """Compose and place every job, and find those that have completed earlier.

    Args:
        loader: composes.
        config: the multirun's own.
        task: what each job is going to do.
        jobs: each one's overrides.

    Raises:
        HydraException: a job cannot be composed.
        SweepError: there are no jobs; or two would go to one directory, one outside of the
            multirun's, or one to another multirun's; or one chooses another launcher or sweeper
            than the multirun has.
    """
    if not jobs:
        raise SweepError("the multirun has no jobs: some glob or list of values is empty")
    sweep = Path(config.hydra.sweep.dir)
    # In a new directory nothing is to be found.
    looks = isinstance(task, StageJob) and sweep.is_dir()
    taken: dict[Path, int] = {}
    planned = []
    for number, overrides in enumerate(jobs):
        job = loader.load_sweep_config(config, list(overrides))
        with placed(job, number) as folder:
            own = own_overrides(job.hydra.overrides.task)
            _require_one_launcher(config, job, number, own)
            if Path(job.hydra.sweep.dir) != sweep:
                raise SweepError(
                    f"hydra.sweep.dir is one for all jobs, but it would be {sweep} for the "
                    f"multirun and {job.hydra.sweep.dir} for job {number} ({' '.join(own)}); "
                    "what differs between jobs belongs into hydra.sweep.subdir"
                )
            if folder in taken:
                raise SweepError(
                    f"jobs {taken[folder]} and {number} would both go to {folder}; "
                    "hydra.sweep.subdir has to differ, as ${hydra.job.num} does"
                )
            taken[folder] = number
            earlier = None
            if looks and isinstance(task, StageJob):
                earlier = task.completed_earlier(_without_hydra(job), folder, own)
        planned.append(PlannedJob(number, tuple(own), folder, earlier))
    return planned


def _require_one_launcher(
    config: DictConfig, job: DictConfig, number: int, overrides: Sequence[str]
) -> None:
    """Refuse a job that would be run otherwise than it says.

    Hydra chooses a multirun's launcher and sweeper before it looks at what differs between jobs,
    such as experiments that are swept over.
    """
    for group in ("hydra/launcher", "hydra/sweeper"):
        multirun, own = (one.hydra.runtime.choices.get(group) for one in (config, job))
        if own != multirun:
            raise SweepError(
                f"{group} is one for all jobs: it is {multirun} for the multirun, but job {number} "
                f"({' '.join(overrides)}) chooses {own}; choose for all of them on the command "
                f"line: {group}={own}"
            )


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
