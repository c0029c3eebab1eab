"""Rank a multirun's jobs, print them with the baselines and the verdict, and write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.reporting.ranking_table import MOST_COMPARED
from lfx.runtime.escaping import for_line, for_markdown
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.reporting.ranking_table import Ranking
    from lfx.reporting.sweep import Sweep


def print_ranking(ranking: Ranking) -> None:
    """Print the best jobs and the baselines, with validation and test scores, and the verdict."""
    if not ranking.splits:
        return
    sweep = ranking.sweep
    counts = {
        split: {job.metrics[split].get("support") for job in sweep.ranked if split in job.metrics}
        for split in ranking.splits
    }
    sizes = ", ".join(
        f"{split} n = {'/'.join(map(str, sorted(samples - {None})))}"
        for split, samples in counts.items()
    )
    print(f"ranked by {for_line(sweep.objective)}; {sizes}")  # noqa: T201, the last job's log is closed
    ranking.table(MOST_COMPARED).print()
    for sentence in ranking.verdict():
        print(for_line(sentence))  # noqa: T201


def print_unfinished(sweep: Sweep) -> None:
    """Print the jobs that failed, were interrupted, are running or have not started."""
    states: dict[str, list[str]] = {}
    for job in sweep.unfinished:
        states.setdefault(job.status.state, []).append(job.path)
    for state, names in states.items():
        shown = for_line(", ".join(names[:20]))
        print(f"{state}: {len(names)} of {len(sweep.jobs)} jobs ({shown})")  # noqa: T201


def write_ranking(ranking: Ranking) -> Path | None:
    """Write the ranking as `sweep.md`.

    Returns:
        The path of the file; None if no job has scores.
    """
    file = ranking.sweep.folder / "sweep.md"
    if not ranking.splits:
        file.unlink(missing_ok=True)  # of an earlier run
        return None
    lines = [f"\n{for_markdown(sentence)}\n" for sentence in ranking.verdict()]
    with atomic_path(file) as part:
        part.write_text("".join([ranking.table().markdown(), *lines]), encoding="utf-8")
    return file
