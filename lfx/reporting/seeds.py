"""Summarise runs that differ only in seed or fold as one row: mean and standard deviation."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.evaluation.scores import SCORES, title_of
from lfx.reporting.run_table import run_differences
from lfx.reporting.score_columns import titled
from lfx.reporting.table import CSV, DOCUMENT, TERMINAL, Column, Format, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lfx.runs.find import Run

# Overrides that do not distinguish kinds of runs.
_IGNORED = ("seed=", "data.fold=", "ckpt=", "logger=", "experiment=")


@dataclass(frozen=True)
class Row:
    """One kind of run over its seeds and folds, or the paired difference of two kinds.

    Attributes:
        data: the data set's name.
        title: the run's name and the overrides that distinguish it.
        model: its encoder or members.
        runs: the number of runs.
        scores: split -> score -> (mean, standard deviation); the deviation of a single run is NaN.
    """

    data: str
    title: str
    model: str
    runs: int
    scores: Mapping[str, Mapping[str, tuple[float, float]]]


def group_by_seed(runs: Sequence[Run]) -> list[list[Run]]:
    """Group runs that differ only in seed, fold, and settings that follow from them.

    Args:
        runs: oldest first; of several with the same seed and fold the newest is taken.

    Returns:
        One list for each kind of run, in the order of their first runs.
    """
    kinds: dict[tuple[object, ...], dict[tuple[int, int | None], Run]] = {}
    for run in runs:
        key = (run.data, run.stage, run.name, run.model, run.kind, run.fold is None)
        kinds.setdefault(key, {})[run.seed, run.fold] = run
    return [list(group.values()) for group in kinds.values()]


def seed_rows(groups: Sequence[Sequence[Run]]) -> list[Row]:
    """Average over seeds and folds, and compare with the first kind of the same stage and data.

    Args:
        groups: the groups of `group_by_seed`.

    Returns:
        A row per kind; then, for each kind that shares two or more seeds or folds with the first
        kind, a row of the mean difference over the pairs with the same split.
    """
    # The seed must not distinguish the first runs of the groups.
    firsts = [replace(group[0], seed=0) for group in groups]
    titles = [
        titled(
            " ".join([run.name, *(text for text in texts if not text.startswith(_IGNORED))]),
            {"leaky": any(other.leaky for other in group)},
        )
        for run, texts, group in zip(firsts, run_differences(firsts), groups, strict=True)
    ]
    rows = [
        Row(group[0].data, title, group[0].model, len(group), _summarise(map(_run_scores, group)))
        for group, title in zip(groups, titles, strict=True)
    ]
    bases: dict[tuple[str, str], tuple[str, Sequence[Run]]] = {}
    for group, title in zip(groups, titles, strict=True):
        base_title, base = bases.setdefault((group[0].data, group[0].stage), (title, group))
        pairs = [
            (_run_scores(run), _run_scores(other))
            for run in group
            for other in base
            if (run.seed, run.fold) == (other.seed, other.fold)
            and run.split_fingerprint == other.split_fingerprint
        ]
        if group is not base and len(pairs) > 1:  # a standard deviation needs two
            differences = [_subtract(scores, base_scores) for scores, base_scores in pairs]
            name = f"{title} - {base_title}"
            rows.append(Row(group[0].data, name, "difference", len(pairs), _summarise(differences)))
    return rows


def seed_table(rows: Sequence[Row]) -> Table:
    """Return a table of means and standard deviations; a CSV has a column for each.

    A terminal shows the test split only, if there is one, because all splits are too wide for it.
    """
    splits = [split for split in REPORTED if any(split in row.scores for row in rows)]
    reported = "test" if "test" in splits else splits[-1]
    keys = [
        (split, score)
        for split in splits
        for score in dict.fromkeys(score for row in rows for score in row.scores.get(split, {}))
    ]
    columns = [Column("data"), Column("name"), Column("model"), Column("runs")]
    for spare, (split, score) in enumerate(keys):
        where = {CSV} if score in SCORES and not SCORES[score].printed else {CSV, DOCUMENT}
        if split == reported and DOCUMENT in where:
            where.add(TERMINAL)
        column = Column(f"{split} {title_of(score)}", _SPREAD, frozenset(where), spare)
        columns.append(column)
    lines = [
        [row.data, row.title, row.model, row.runs]
        + [row.scores.get(split, {}).get(score) for split, score in keys]
        for row in rows
    ]
    return Table(columns, lines)


def _as_text(value: tuple[float, float]) -> str:
    mean, spread = value
    return f"{mean:.3f}" if math.isnan(spread) else f"{mean:.3f} ± {spread:.3f}"


def _part(index: int) -> Callable[[tuple[float, float]], float | None]:
    return lambda value: None if math.isnan(value[index]) else value[index]


_SPREAD = Format(_as_text, {" mean": _part(0), " sd": _part(1)})


def _run_scores(run: Run) -> dict[str, dict[str, float]]:
    """Return split -> score -> number: the scores of `SCORES`, and the F1 of each class."""
    return {split: _split_scores(metrics) for split, metrics in run.splits.items()}


def _split_scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    scores = {score: float(metrics[score]) for score in SCORES if score in metrics}
    for name, of_class in metrics.get("per_class", {}).items():
        if "f1" in of_class:
            scores[f"F1 {name}"] = float(of_class["f1"])
    return scores


def _subtract(
    first: Mapping[str, Mapping[str, float]], second: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    return {
        split: {
            score: value - second[split][score]
            for score, value in scores.items()
            if score in second[split]
        }
        for split, scores in first.items()
        if split in second
    }


def _summarise(
    scores_of_runs: Iterable[Mapping[str, Mapping[str, float]]],
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return split -> score -> (mean, standard deviation) over runs."""
    runs = list(scores_of_runs)
    summary: dict[str, dict[str, tuple[float, float]]] = {}
    for split in REPORTED:
        for score in dict.fromkeys(score for run in runs for score in run.get(split, {})):
            values = [run[split][score] for run in runs if score in run.get(split, {})]
            spread = statistics.stdev(values) if len(values) > 1 else float("nan")
            summary.setdefault(split, {})[score] = (statistics.fmean(values), spread)
    return summary
