"""A multirun's jobs, best first, beside what they have to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.evaluation.scores import printed, title_of
from lfx.reporting.table import SPLITS, markdown, print_table, titled
from lfx.runtime.escaping import for_line
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.reporting.sweep import Sweep, SweepJob

# Columns before the numbers: rank, name.
_LEADING = 2
_MOST_SHOWN = 50


def print_ranking(sweep: Sweep) -> None:
    """Print the best jobs and the baselines, validation beside test."""
    splits = _splits(sweep)
    if splits:
        header, rows, below = _layout(sweep, splits)
        shown = rows[:_MOST_SHOWN]
        hidden = len(rows) - len(shown)
        if hidden:
            shown.append(["", f"{hidden} more, in sweep.csv", *[""] * (len(header) - _LEADING)])
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
        print_table(header, [*shown, *below], _LEADING)


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
    header, rows, below = _layout(sweep, splits)
    with atomic_path(file) as part:
        part.write_text(markdown(header, [*rows, *below], _LEADING), encoding="utf-8")
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
    return [split for split in SPLITS if any(split in job.metrics for job in sweep.jobs)]


def _layout(
    sweep: Sweep, splits: Sequence[str]
) -> tuple[list[str], list[list[str]], list[list[str]]]:
    ranked, scores = sweep.ranked, _columns(sweep)
    header = ["rank", "name"]
    header += [f"{split} {title}" for split in splits for title in map(title_of, scores)]
    objectives = [job.score(sweep.objective) for job in ranked]
    # Jobs that are equally good share a rank; one without the score has none.
    ranks = ["" if own is None else str(objectives.index(own) + 1) for own in objectives]
    rows = [
        [rank, title, *_scores(job.metrics, splits, scores)]
        for rank, job, title in zip(ranks, ranked, titles(ranked), strict=True)
    ]
    below: dict[tuple[str, ...], None] = {}
    several = len({tuple(job.weights.get("members", ())) for job in ranked}) > 1
    for job in ranked:
        members = f" of {', '.join(job.weights['members'])}" if several else ""
        for name, own in job.baselines.items():
            below[("", f"baseline: {name}{members}", *_scores(own, splits, scores))] = None
    return header, rows, [list(row) for row in below]


def _columns(sweep: Sweep) -> list[str]:
    """Return the scores that are shown: those of all tables, and what the jobs are ranked by."""
    return list(dict.fromkeys([*printed(), sweep.objective.partition("/")[2]]))


def _scores(metrics: Mapping[str, Any], splits: Sequence[str], scores: Sequence[str]) -> list[str]:
    numbers = [metrics.get(split, {}).get(score) for split in splits for score in scores]
    return ["" if number is None else f"{number:.3f}" for number in numbers]
