"""Runs as one table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lfx.data.split_names import REPORTED
from lfx.evaluation.reported import COMPLETE
from lfx.evaluation.scores import reported
from lfx.reporting.incomplete import COMPARABLE, score_lines
from lfx.reporting.score_columns import (
    score_cells,
    score_columns,
    splits_of,
    table_notes,
    titled,
    unseen_splits,
)
from lfx.reporting.table import CSV, Column, Table
from lfx.reporting.without_test import data_notes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lfx.runs.find import Run

# Characters of an ISO 8601 time.
_TO_SECONDS, _TO_MILLISECONDS = 19, 23
_IN_FILES = frozenset({CSV})


def run_table(runs: Sequence[Run]) -> Table:
    """Return runs as a table, one row each; a split that no run has gets no columns.

    A fusion of samples that some member lacks has a second row, of the samples that all have.
    """
    splits, scores = splits_of(*(run.metrics for run in runs)), reported()
    unseen = unseen_splits(*(run.metrics for run in runs))
    columns = [Column("data"), Column("name"), Column("model"), Column("seed")]
    columns += score_columns(splits, scores, unseen=unseen)
    columns += [Column("started", where=_IN_FILES), Column("run", where=_IN_FILES)]
    rows = [
        [
            run.data,
            titled(" ".join([run.name, *differences]), run.metrics) + suffix,
            run.model,
            run.seed,
            *score_cells(line, splits, scores, unseen=unseen),
            run.started,
            str(run.folder),
        ]
        for run, differences in zip(runs, run_differences(runs), strict=True)
        for suffix, line in score_lines(run.metrics).items()
    ]
    notes = data_notes((run.data, run.metrics) for run in runs)
    notes += table_notes(splits, unseen)
    return Table(columns, rows, [COMPARABLE, *notes] if counts_differ(runs) else notes)


def counts_differ(runs: Sequence[Run]) -> bool:
    """Return whether runs of the same division into splits are scored on different samples.

    They are if a modality, or a member of a fusion, lacks samples.
    """
    return any(COMPLETE in run.metrics for run in runs) or samples_differ(runs, REPORTED)


def samples_differ(runs: Sequence[Run], splits: Collection[str]) -> bool:
    """Return whether scores of some splits are of different samples.

    Equal numbers of samples may still be different ones: one modality lacks some, another others.
    """
    samples: dict[tuple[object, ...], set[object]] = {}
    for run in runs:
        for split in run.splits.keys() & splits if run.split_fingerprint else ():
            key = (run.data, run.split_fingerprint, split)
            samples.setdefault(key, set()).add(run.splits[split].get("support"))
            # Folds are of different samples by design.
            samples.setdefault((*key, run.fold), set()).add(run.samples.get(split))
    return any(len(values - {None}) > 1 for values in samples.values())


def run_differences(runs: Sequence[Run]) -> list[list[str]]:
    """Return, for each run, the texts that distinguish it from other runs of the same name.

    These are the overrides that not all of them have and that affect the result, and the time if
    the overrides are equal.
    """
    same_name: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        same_name.setdefault((run.data, run.stage, run.name, run.model, run.seed), []).append(run)
    differences: dict[int, list[str]] = {}
    for group in same_name.values():
        shared = set.intersection(*(set(run.overrides) for run in group))
        varied = {
            id(run): [
                text for text in run.overrides if text not in shared and _affects_result(text)
            ]
            for run in group
        }
        counts = Counter(tuple(texts) for texts in varied.values())
        seconds = Counter(run.started[:_TO_SECONDS] for run in group)
        for run in group:
            texts, time = varied[id(run)], run.started[:_TO_SECONDS]
            if seconds[time] > 1:
                time = run.started[:_TO_MILLISECONDS]
            ambiguous = counts[tuple(texts)] > 1
            differences[id(run)] = [*texts, f"({time})"] if ambiguous else texts
    return [differences[id(run)] for run in runs]


def _affects_result(override: str) -> bool:
    """Return whether an override affects the result, unlike those of resuming and logging."""
    return override.partition("=")[0].partition(".")[0] not in {"ckpt", "logger", "figures"}
