"""Rank a multirun's jobs, and list them with the baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.reporting.incomplete import COMPARABLE, fused_from_fewer, score_lines
from lfx.reporting.score_columns import (
    score_cells,
    score_columns,
    splits_of,
    titled,
    with_printed,
)
from lfx.reporting.table import Column, Table
from lfx.reporting.without_test import ranking_note
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
        columns, rows, below = _layout(sweep, splits, _MOST_SHOWN)
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
        Table(columns, [*shown, *below], _notes(sweep)).print()


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
    columns, rows, below = _layout(sweep, splits)
    with atomic_path(file) as part:
        table = Table(columns, [*rows, *below], _notes(sweep))
        part.write_text(table.markdown(), encoding="utf-8")
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
    sweep: Sweep, splits: Sequence[str], most: int | None = None
) -> tuple[list[Column], list[list[Any]], list[list[Any]]]:
    """Return columns, a row for each job, and the rows below.

    The rows below are of the samples that all members have: those of the first `most` jobs, if some
    member lacks samples, and those of the baselines.
    """
    ranked, kept = sweep.ranked, sweep.objective.partition("/")[2]
    scores, counted = with_printed(kept), sweep.lacks_samples
    columns = [Column("rank"), Column("name", least=18)]
    columns += score_columns(splits, scores, counted=counted, kept=kept)
    rows: list[list[Any]] = []
    below: list[list[Any]] = []
    for rank, job, title in zip(_ranks(ranked, sweep), ranked, titles(ranked), strict=True):
        of_all, *of_complete = (
            [title + suffix, *score_cells(line, splits, scores, counted=counted)]
            for suffix, line in score_lines(job.metrics).items()
        )
        rows.append([rank, *of_all])
        below += [[None, *line] for line in of_complete]
    baselines: dict[tuple[Any, ...], None] = {}
    members_differ = len({tuple(job.weights.get("members", ())) for job in ranked}) > 1
    for job in ranked:
        members = f" of {', '.join(job.weights['members'])}" if members_differ else ""
        for name, metrics in job.baselines.items():
            cells = score_cells(metrics, splits, scores, counted=counted)
            baselines[None, f"baseline: {name}{members}", *cells] = None
    return columns, rows, [*below[:most], *(list(row) for row in baselines)]


def _ranks(ranked: Sequence[SweepJob], sweep: Sweep) -> list[int | None]:
    """Return the ranks of jobs, among those of the same n if members lack samples.

    Jobs with the same score share a rank; a job without the score has no rank.
    """
    by_count = sweep.lacks_samples
    keys = [
        (job.samples(sweep.objective) if by_count else None, job.score(sweep.objective))
        for job in ranked
    ]
    firsts: dict[int | None, int] = {}
    for position, (count, _) in enumerate(keys):
        firsts.setdefault(count, position)
    return [
        None if score is None else keys.index((count, score)) - firsts[count] + 1
        for count, score in keys
    ]


def _notes(sweep: Sweep) -> list[str]:
    """Return the notes on n and on the reported split."""
    ranked = sweep.ranked
    notes: list[str] = []
    if sweep.lacks_samples:
        sentences = (fused_from_fewer(job.weights) for job in ranked)
        notes += dict.fromkeys(sentence for of_job in sentences for sentence in of_job)
        notes.append(COMPARABLE)
        if len({job.samples(sweep.objective) for job in ranked} - {None}) > 1:
            notes.append("jobs are ranked among those of the same n only")
    return notes + ranking_note(ranked)
