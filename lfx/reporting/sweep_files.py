"""Write a multirun's jobs as a table with one row per job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfx.evaluation.reported import COMPLETE
from lfx.reporting.table import Column, Table
from lfx.reporting.weights import member_shares
from lfx.runtime.files import atomic_path
from lfx.training.logged import flat_scores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.reporting.sweep import Sweep, SweepJob


def write_sweep(sweep: Sweep) -> tuple[Path, Path]:
    """Write `sweep.csv` and `sweep.parquet`, one row per job; the files are reproducible.

    Columns: `job, status, error, name, overrides`, then `overrides/KEY` for each key, `weights/…`,
    and the metrics, `SPLIT/SCORE`. The Parquet file has a numeric column if all values are numbers.

    Returns:
        The paths of the two files.
    """
    rows = [_row(job) for job in sweep.jobs]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    columns.sort(key=lambda key: _GROUPS.index(key.partition("/")[0]) if "/" in key else -1)
    csv_file, parquet_file = sweep.folder / "sweep.csv", sweep.folder / "sweep.parquet"
    lines = [[row.get(key) for key in columns] for row in rows]
    Table([Column(key) for key in columns], lines).write_csv(csv_file)
    table = pa.table({key: _arrow_column([row.get(key) for row in rows]) for key in columns})
    with atomic_path(parquet_file) as part:
        pq.write_table(table, part)
    return csv_file, parquet_file


_GROUPS = ("overrides", "weights", "val", "test", "oof", "predict", COMPLETE)


def _row(job: SweepJob) -> dict[str, Any]:
    row: dict[str, Any] = {
        "job": job.path,
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


def _arrow_column(values: Sequence[Any]) -> pa.Array:
    """Return numbers, if all values are numbers or empty, or else strings."""
    try:
        return pa.array([None if value in {None, ""} else float(value) for value in values])
    except (TypeError, ValueError):
        return pa.array([None if value is None else str(value) for value in values])
