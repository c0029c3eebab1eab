"""Runs as one table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lfx.evaluation.scores import reported
from lfx.reporting.score_columns import score_cells, score_columns, splits_of, titled
from lfx.reporting.table import CSV, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.reporting.runs import Run

# Of ISO 8601.
_TO_SECONDS, _TO_MILLISECONDS = 19, 23
_IN_FILES = frozenset({CSV})


def run_table(runs: Sequence[Run]) -> Table:
    """Return runs as a table, one row each; a split that no run has gets no columns."""
    splits, scores = splits_of(*(run.metrics for run in runs)), reported()
    columns = [Column("data"), Column("name"), Column("model"), Column("seed")]
    columns += score_columns(splits, scores)
    columns += [Column("started", where=_IN_FILES), Column("run", where=_IN_FILES)]
    rows = [
        [
            run.data,
            titled(" ".join([run.name, *told]), run.metrics),
            run.model,
            run.seed,
            *score_cells(run.metrics, splits, scores),
            run.started,
            str(run.folder),
        ]
        for run, told in zip(runs, told_apart(runs), strict=True)
    ]
    return Table(columns, rows)


def told_apart(runs: Sequence[Run]) -> list[list[str]]:
    """Give what has to stand beside each run's name where several runs share it.

    The overrides that not all of them have and that shape the result; the time as well where these
    do not do.
    """
    alike: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        alike.setdefault((run.data, run.stage, run.name, run.model, run.seed), []).append(run)
    told: dict[int, list[str]] = {}
    for group in alike.values():
        shared = set.intersection(*(set(run.overrides) for run in group))
        own = {
            id(run): [text for text in run.overrides if text not in shared and not _passes(text)]
            for run in group
        }
        counts = Counter(tuple(texts) for texts in own.values())
        seconds = Counter(run.started[:_TO_SECONDS] for run in group)
        for run in group:
            texts, time = own[id(run)], run.started[:_TO_SECONDS]
            if seconds[time] > 1:
                time = run.started[:_TO_MILLISECONDS]
            ambiguous = counts[tuple(texts)] > 1
            told[id(run)] = [*texts, f"({time})"] if ambiguous else texts
    return [told[id(run)] for run in runs]


def _passes(override: str) -> bool:
    """Say whether it tells where a run resumed or logged, and nothing about its result."""
    return override.partition("=")[0].partition(".")[0] in {"ckpt", "logger"}
