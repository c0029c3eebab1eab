"""What a multirun led to: a row a job."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfx.evaluation.scores import SCORES
from lfx.reporting.loggers import flat_scores
from lfx.reporting.scores import read_baselines, read_metrics, read_weights
from lfx.reporting.table import Column, Table
from lfx.reporting.weights import member_shares
from lfx.runtime.errors import DataError, RecordError
from lfx.runtime.files import atomic_path
from lfx.runtime.joblist import ListedJob, read_jobs
from lfx.runtime.records import read_yaml
from lfx.runtime.rundir import FILE, RunStatus, require_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

OBJECTIVE = "val/f1_weighted"


@dataclass(frozen=True)
class SweepJob:
    """One job of a multirun, completed or not.

    Attributes:
        folder: its directory.
        place: the same, as seen from the multirun's.
        status: the content of `status.json`.
        metrics: the content of `metrics.json`; empty where there is none.
        weights: the content of `weights.json`; empty where there is none.
        baselines: the content of `baselines.json`; empty where there is none.
    """

    folder: Path
    place: str
    status: RunStatus
    metrics: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Any] = field(default_factory=dict)
    baselines: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        """Whether the job did what it was asked."""
        return self.status.state == "completed"

    @property
    def name(self) -> str:
        """The fused artifact's name; empty of a job that is none or did not get so far."""
        return self.overrides.get("name") or str(self.weights.get("scheme", ""))

    @property
    def overrides(self) -> dict[str, str]:
        """What the command line set: key → value."""
        parts = (text.lstrip("+~").partition("=") for text in self.status.overrides)
        return {key: value for key, _, value in parts}

    def score(self, objective: str) -> float | None:
        """Give a score of the job, `SPLIT/SCORE`."""
        split, _, name = objective.partition("/")
        value: float | None = self.metrics.get(split, {}).get(name)
        return value


@dataclass(frozen=True)
class Sweep:
    """A multirun's jobs, by number.

    Attributes:
        folder: the multirun's directory.
        jobs: all of them, also those that have not begun.
        objective: what they are ranked by, `SPLIT/SCORE`.
        settings: the multirun's configuration, without what differs between jobs.
    """

    folder: Path
    jobs: tuple[SweepJob, ...]
    objective: str
    settings: dict[str, Any]

    @property
    def ranked(self) -> list[SweepJob]:
        """The completed jobs, best first; those without the score last, by number."""
        name = self.objective.partition("/")[2]
        metric = SCORES.get(name)
        if metric is None and name:
            log.warning("no score %s is registered: jobs are ranked as if more were better", name)
        sign = -1 if metric is None or metric.higher_is_better else 1

        def key(job: SweepJob) -> tuple[bool, float]:
            score = job.score(self.objective)
            return score is None, 0.0 if score is None else sign * score

        return sorted((job for job in self.jobs if job.completed), key=key)

    @property
    def stage(self) -> str:
        """What the jobs are of; empty where none has begun."""
        return next((job.status.stage for job in self.jobs if job.status.stage), "")

    @property
    def unfinished(self) -> list[SweepJob]:
        """The jobs that failed, were interrupted, still run or have not begun."""
        return [job for job in self.jobs if not job.completed]


def read_sweep(folder: Path) -> Sweep:
    """Read all jobs of a multirun.

    Args:
        folder: the multirun's directory.

    Raises:
        DataError: there is no job in it.
    """
    listed = read_jobs(folder)
    if listed is None:  # another sweeper's, which leaves no list
        inside = folder.iterdir() if folder.is_dir() else ()
        folders = sorted((one for one in inside if os.path.lexists(one / FILE)), key=_place)
        listed = [ListedJob(number, one, ()) for number, one in enumerate(folders)]
    if not listed:
        what = "holds no jobs" if folder.is_dir() else "is no directory"
        raise DataError(
            f"sweep={folder} {what}; give the directory of a multirun, such as "
            "outputs/multirun/fuse/TIME"
        )
    jobs = tuple(_read_job(one, folder) for one in listed)
    # Of the multirun, else of one job: reading those of hundreds would take longer than they did.
    sources = [folder / "multirun.yaml", *(job.folder / ".hydra/config.yaml" for job in jobs)]
    settings = next(filter(None, map(_settings, sources)), {})
    return Sweep(folder, jobs, str(settings.get("objective", OBJECTIVE)), settings)


def write_sweep(sweep: Sweep) -> tuple[Path, Path]:
    """Write `sweep.csv` and `sweep.parquet`, a row a job; twice the same makes the same files.

    Columns: `job, status, error, name, overrides`, then `overrides/KEY` for each key, `weights/…`,
    and the metrics, `SPLIT/SCORE`. A column of numbers is one in the Parquet file too.

    Returns:
        The two files.
    """
    rows = [_row(job) for job in sweep.jobs]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    columns.sort(key=lambda key: _GROUPS.index(key.partition("/")[0]) if "/" in key else -1)
    text, binary = sweep.folder / "sweep.csv", sweep.folder / "sweep.parquet"
    lines = [[row.get(key) for key in columns] for row in rows]
    Table([Column(key) for key in columns], lines).write_csv(text)
    table = pa.table({key: _typed([row.get(key) for row in rows]) for key in columns})
    with atomic_path(binary) as part:
        pq.write_table(table, part)
    return text, binary


_GROUPS = ("overrides", "weights", "val", "test", "oof", "predict")


def _row(job: SweepJob) -> dict[str, Any]:
    row: dict[str, Any] = {
        "job": job.place,
        "status": job.status.state,
        "error": job.status.error or "",
        "name": job.name,
        "overrides": " ".join(job.status.overrides),
    }
    row |= {f"overrides/{key}": value for key, value in job.overrides.items()}
    if job.weights:
        row |= {f"weights/{key}": value for key, value in member_shares(job.weights).items()}
    if job.metrics.get("leaky"):
        row["leaky"] = True
    splits = {key: value for key, value in job.metrics.items() if isinstance(value, dict)}
    return row | flat_scores(splits)


def _typed(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array([None if value in {None, ""} else float(value) for value in values])
    except (TypeError, ValueError):
        return pa.array([None if value is None else str(value) for value in values])


def _place(folder: Path) -> tuple[int, str]:
    return (int(folder.name), "") if folder.name.isdigit() else (-1, folder.name)


def _read_job(job: ListedJob, sweep: Path) -> SweepJob:
    place = os.path.relpath(job.folder, sweep)
    try:
        status = require_status(job.folder)
        if status is None:
            status = RunStatus("", "not started", overrides=list(job.overrides))
        if status.state != "completed":
            return SweepJob(job.folder, place, status)
        return SweepJob(
            job.folder,
            place,
            status,
            metrics=_read(job.folder / "metrics.json", read_metrics),
            weights=_read(job.folder / "weights.json", read_weights),
            baselines=_read(job.folder / "baselines.json", read_baselines),
        )
    except RecordError as error:
        log.warning("%s is left out: %s", job.folder, error)
        status = RunStatus("", "unreadable", error=str(error), overrides=list(job.overrides))
        return SweepJob(job.folder, place, status)


def _read(file: Path, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Read a file that not every job leaves."""
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
        log.warning("%s is passed over: %s", file, error)
        return {}
    return settings if isinstance(settings, dict) else {}
