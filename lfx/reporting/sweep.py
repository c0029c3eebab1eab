"""Read a multirun's jobs."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.evaluation.reported import COMPLETE
from lfx.evaluation.scores import SCORES
from lfx.reporting.scores import read_baselines, read_verdict, read_weights
from lfx.runs.joblist import ListedJob, read_jobs
from lfx.runs.metrics import read_metrics
from lfx.runs.status import FILE, RunStatus, require_status
from lfx.runtime.errors import DataError, RecordError
from lfx.runtime.records import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

OBJECTIVE = "val/f1_weighted"


@dataclass(frozen=True)
class SweepJob:
    """One job of a multirun, completed or not.

    Attributes:
        folder: the job's directory.
        path: the directory relative to that of the multirun.
        status: the content of `status.json`.
        metrics: the content of `metrics.json`; empty without such a file.
        weights: the content of `weights.json`; empty without such a file.
        baselines: the content of `baselines.json`; empty without such a file.
        verdict: the content of `verdict.json`; empty without such a file.
    """

    folder: Path
    path: str
    status: RunStatus
    metrics: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Any] = field(default_factory=dict)
    baselines: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    verdict: dict[str, Any] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        """Whether the job has completed."""
        return self.status.state == "completed"

    @property
    def name(self) -> str:
        """The fused artifact's name; empty for other stages and unfinished jobs."""
        option = self.overrides.get("fusion", "").rpartition("/")[2]
        scheme = str(self.weights.get("scheme", ""))
        return self.overrides.get("name") or (option if option and scheme else scheme)

    @property
    def overrides(self) -> dict[str, str]:
        """The command line's overrides: key → value."""
        parts = (text.lstrip("+~").partition("=") for text in self.status.overrides)
        return {key: value for key, _, value in parts}

    def score(self, objective: str) -> float | None:
        """Return a score of the job, given as `SPLIT/SCORE`."""
        split, _, name = objective.partition("/")
        value: float | None = self.metrics.get(split, {}).get(name)
        return value

    def samples(self, objective: str) -> int | None:
        """Return the number of samples of a score, given as `SPLIT/SCORE`."""
        count: int | None = self.metrics.get(objective.partition("/")[0], {}).get("support")
        return count


@dataclass(frozen=True)
class Sweep:
    """A multirun's jobs, by number.

    Attributes:
        folder: the multirun's directory.
        jobs: all jobs, including those that have not started.
        objective: the score that jobs are ranked by, `SPLIT/SCORE`.
        settings: the multirun's configuration, without the settings that differ between jobs.
    """

    folder: Path
    jobs: tuple[SweepJob, ...]
    objective: str
    settings: dict[str, Any]

    @property
    def lacks_samples(self) -> bool:
        """Whether a member of some fusion lacks samples, so that n differs between lines."""
        if any(COMPLETE in job.metrics for job in self.jobs):
            return True
        some_dropped = any(job.weights.get("dropped") for job in self.jobs)
        return some_dropped and len({job.samples(self.objective) for job in self.jobs} - {None}) > 1

    @cached_property
    def sign(self) -> int:
        """-1 if a higher score is better, else 1."""
        name = self.objective.partition("/")[2]
        metric = SCORES.get(name)
        if metric is None and name:
            log.warning("no score %s is registered: jobs are ranked as if more were better", name)
        return -1 if metric is None or metric.higher_is_better else 1

    @property
    def ranked(self) -> list[SweepJob]:
        """The completed jobs, best first; those without the score last, by number.

        Where members lack samples, jobs are ranked among those of the same n, the largest n first.
        """
        by_count = self.lacks_samples

        def key(job: SweepJob) -> tuple[bool, int, float]:
            score = job.score(self.objective)
            most_first = -(job.samples(self.objective) or 0) if by_count else 0
            return score is None, most_first, 0.0 if score is None else self.sign * score

        return sorted((job for job in self.jobs if job.completed), key=key)

    @property
    def stage(self) -> str:
        """The jobs' stage, such as `fuse`; empty if no job has started."""
        return next((job.status.stage for job in self.jobs if job.status.stage), "")

    @property
    def unfinished(self) -> list[SweepJob]:
        """The jobs that failed, were interrupted, are running or have not started."""
        return [job for job in self.jobs if not job.completed]


def read_sweep(folder: Path) -> Sweep:
    """Read all jobs of a multirun.

    Args:
        folder: the multirun's directory.

    Raises:
        DataError: there are no jobs in it.
    """
    listed = read_jobs(folder)
    if listed is None:  # a multirun of another sweeper, without a list of its jobs
        children = folder.iterdir() if folder.is_dir() else ()
        folders = sorted(
            (child for child in children if os.path.lexists(child / FILE)), key=_sort_key
        )
        listed = [ListedJob(number, job_folder, ()) for number, job_folder in enumerate(folders)]
    if not listed:
        problem = "has no jobs" if folder.is_dir() else "is not a directory"
        raise DataError(
            f"sweep={folder} {problem}; give the directory of a multirun, such as "
            "outputs/multirun/fuse/TIME"
        )
    jobs = tuple(_read_job(job, folder) for job in listed)
    # Of the multirun, or else of the first job that has settings: reading all jobs' takes too long.
    sources = [folder / "multirun.yaml", *(job.folder / ".hydra/config.yaml" for job in jobs)]
    settings = next(filter(None, map(_settings, sources)), {})
    return Sweep(folder, jobs, str(settings.get("objective", OBJECTIVE)), settings)


def _sort_key(folder: Path) -> tuple[int, str]:
    """Return a key that sorts numbered folders by number, after all others."""
    return (int(folder.name), "") if folder.name.isdigit() else (-1, folder.name)


def _read_job(job: ListedJob, sweep: Path) -> SweepJob:
    path = os.path.relpath(job.folder, sweep)
    try:
        status = require_status(job.folder)
        if status is None:
            status = RunStatus("", "not started", overrides=list(job.overrides))
        if status.state != "completed":
            return SweepJob(job.folder, path, status)
        return SweepJob(
            job.folder,
            path,
            status,
            metrics=_read_optional(job.folder / "metrics.json", read_metrics),
            weights=_read_optional(job.folder / "weights.json", read_weights),
            baselines=_read_optional(job.folder / "baselines.json", read_baselines),
            verdict=_read_optional(job.folder / "verdict.json", read_verdict),
        )
    except RecordError as error:
        log.warning("%s is left out: %s", job.folder, error)
        status = RunStatus("", "unreadable", error=str(error), overrides=list(job.overrides))
        return SweepJob(job.folder, path, status)


def _read_optional(file: Path, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Read a file that some jobs do not have; empty without it."""
    if not os.path.lexists(file):
        return {}
    try:
        return read(file)
    except RecordError as error:
        raise RecordError(f"{file.name}: {error}") from error


def _settings(file: Path) -> dict[str, Any]:
    if not os.path.lexists(file):
        return {}
    try:
        settings = read_yaml(file)
    except RecordError as error:
        log.warning("%s is ignored: %s", file, error)
        return {}
    return settings if isinstance(settings, dict) else {}
