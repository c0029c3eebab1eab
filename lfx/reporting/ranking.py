"""Rank a multirun's jobs, and list them with the baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.reporting.score_columns import (
    score_cells,
    score_columns,
    splits_of,
    titled,
    with_printed,
)
from lfx.reporting.table import Column, Table
from lfx.runtime.escaping import for_line
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.reporting.sweep import Sweep, SweepJob

_MOST_SHOWN = 50


def print_ranking(sweep: Sweep) -> None:
    """Print the best jobs and the baselines, with validation and test scores."""
    splits = _splits(sweep)
    if splits:
        columns, rows, baselines = _layout(sweep, splits)
        shown = rows[:_MOST_SHOWN]
        hidden = len(rows) - len(shown)
        if hidden:
            empty = [None] * (len(columns) - 2)
            shown.append([None, f"{hidden} more, in sweep.csv", *empty])
        counts = {
            split: {
                job.metrics[split].get("support") for job in sweep.ranked if split in job.metrics
            }
            for split in splits
        }
        sizes = ", ".join(
            f"{split} n = {'/'.join(map(str, sorted(samples - {None})))}"
            for split, samples in counts.items()
        )
        print(f"ranked by {for_line(sweep.objective)}; {sizes}")  # noqa: T201, the last job's log is closed
        Table(columns, [*shown, *baselines]).print()


def print_unfinished(sweep: Sweep) -> None:
    """Print the jobs that failed, were interrupted, are running or have not started."""
    states: dict[str, list[str]] = {}
    for job in sweep.unfinished:
        states.setdefault(job.status.state, []).append(job.path)
    for state, names in states.items():
        shown = for_line(", ".join(names[:20]))
        print(f"{state}: {len(names)} of {len(sweep.jobs)} jobs ({shown})")  # noqa: T201


def write_ranking(sweep: Sweep) -> Path | None:
    """Write the ranking as `sweep.md`.

    Returns:
        The path of the file; None if no job has scores.
    """
    splits, file = _splits(sweep), sweep.folder / "sweep.md"
    if not splits:
        file.unlink(missing_ok=True)  # of an earlier run
        return None
    columns, rows, baselines = _layout(sweep, splits)
    with atomic_path(file) as part:
        part.write_text(Table(columns, [*rows, *baselines]).markdown(), encoding="utf-8")
    return file


def titles(jobs: Sequence[SweepJob]) -> list[str]:
    """Return a title for each job: its name, and the overrides that not all jobs have."""
    shared = set.intersection(*(set(job.status.overrides) for job in jobs)) if jobs else set()
    job_titles = []
    for job in jobs:
        varied = [
            text
            for text in job.status.overrides
            if text not in shared and text not in {f"fusion={job.name}", f"name={job.name}"}
        ]
        job_titles.append(titled(" ".join([job.name, *varied]).strip(), job.metrics))
    return job_titles


def _splits(sweep: Sweep) -> list[str]:
    return splits_of(*(job.metrics for job in sweep.jobs))


def _layout(
    sweep: Sweep, splits: Sequence[str]
) -> tuple[list[Column], list[list[Any]], list[list[Any]]]:
    """Return columns, a row for each job, and a row for each baseline."""
    ranked, kept = sweep.ranked, sweep.objective.partition("/")[2]
    scores = with_printed(kept)
    columns = [Column("rank"), Column("name", least=18)]
    columns += score_columns(splits, scores, counted=False, kept=kept)
    objectives = [job.score(sweep.objective) for job in ranked]
    # Jobs with the same score share a rank; a job without the score has no rank.
    ranks = [None if score is None else objectives.index(score) + 1 for score in objectives]
    rows = [
        [rank, title, *score_cells(job.metrics, splits, scores, counted=False)]
        for rank, job, title in zip(ranks, ranked, titles(ranked), strict=True)
    ]
    baselines: dict[tuple[Any, ...], None] = {}
    members_differ = len({tuple(job.weights.get("members", ())) for job in ranked}) > 1
    for job in ranked:
        members = f" of {', '.join(job.weights['members'])}" if members_differ else ""
        for name, metrics in job.baselines.items():
            cells = score_cells(metrics, splits, scores, counted=False)
            baselines[None, f"baseline: {name}{members}", *cells] = None
    return columns, rows, [list(row) for row in baselines]
