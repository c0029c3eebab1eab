"""A multirun's jobs, best first, beside what they have to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.evaluation.scores import printed
from lfx.reporting.score_columns import score_cells, score_columns, splits_of, titled
from lfx.reporting.table import Column, Table
from lfx.runtime.escaping import for_line
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.reporting.sweep import Sweep, SweepJob

_MOST_SHOWN = 50


def print_ranking(sweep: Sweep) -> None:
    """Print the best jobs and the baselines, validation beside test."""
    splits = _splits(sweep)
    if splits:
        columns, rows, below = _layout(sweep, splits)
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
        told = ", ".join(
            f"{split} n = {'/'.join(map(str, sorted(own - {None})))}"
            for split, own in counts.items()
        )
        print(f"ranked by {for_line(sweep.objective)}; {told}")  # noqa: T201, the last job's log is closed
        Table(columns, [*shown, *below]).print()


def print_unfinished(sweep: Sweep) -> None:
    """Print which jobs failed, were interrupted, still run or have not begun."""
    states: dict[str, list[str]] = {}
    for job in sweep.unfinished:
        states.setdefault(job.status.state, []).append(job.place)
    for state, names in states.items():
        shown = for_line(", ".join(names[:20]))
        print(f"{state}: {len(names)} of {len(sweep.jobs)} jobs ({shown})")  # noqa: T201


def write_ranking(sweep: Sweep) -> Path | None:
    """Write the ranking as `sweep.md`.

    Returns:
        The file; None where nothing has been scored.
    """
    splits, file = _splits(sweep), sweep.folder / "sweep.md"
    if not splits:
        file.unlink(missing_ok=True)  # of an earlier run
        return None
    columns, rows, below = _layout(sweep, splits)
    with atomic_path(file) as part:
        part.write_text(Table(columns, [*rows, *below]).markdown(), encoding="utf-8")
    return file


def titles(jobs: Sequence[SweepJob]) -> list[str]:
    """Name jobs by what tells them apart: their scheme, and overrides that not all of them have."""
    shared = set.intersection(*(set(job.status.overrides) for job in jobs)) if jobs else set()
    told = []
    for job in jobs:
        own = [
            text
            for text in job.status.overrides
            if text not in shared and text not in {f"fusion={job.name}", f"name={job.name}"}
        ]
        told.append(titled(" ".join([job.name, *own]).strip(), job.metrics))
    return told


def _splits(sweep: Sweep) -> list[str]:
    return splits_of(*(job.metrics for job in sweep.jobs))


def _layout(
    sweep: Sweep, splits: Sequence[str]
) -> tuple[list[Column], list[list[Any]], list[list[Any]]]:
    """Return columns, a row for each job, and rows of what they have to beat."""
    ranked, scores = sweep.ranked, _scores(sweep)
    columns = [Column("rank"), Column("name", least=18)]
    kept = sweep.objective.partition("/")[2]
    columns += score_columns(splits, scores, counted=False, kept=kept)
    objectives = [job.score(sweep.objective) for job in ranked]
    # Jobs that are equally good share a rank; one without the score has none.
    ranks = [None if own is None else objectives.index(own) + 1 for own in objectives]
    rows = [
        [rank, title, *score_cells(job.metrics, splits, scores, counted=False)]
        for rank, job, title in zip(ranks, ranked, titles(ranked), strict=True)
    ]
    below: dict[tuple[Any, ...], None] = {}
    several = len({tuple(job.weights.get("members", ())) for job in ranked}) > 1
    for job in ranked:
        members = f" of {', '.join(job.weights['members'])}" if several else ""
        for name, own in job.baselines.items():
            cells = score_cells(own, splits, scores, counted=False)
            below[None, f"baseline: {name}{members}", *cells] = None
    return columns, rows, [list(row) for row in below]


def _scores(sweep: Sweep) -> list[str]:
    """Return the scores that are shown: those of all tables, and what the jobs are ranked by."""
    return list(dict.fromkeys([*printed(), sweep.objective.partition("/")[2]]))
