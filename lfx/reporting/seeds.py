"""Runs that differ in their seed or their fold alone, as one row: mean and spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.evaluation.scores import SCORES, title_of
from lfx.reporting.run_table import told_apart
from lfx.reporting.score_columns import titled
from lfx.reporting.table import CSV, DOCUMENT, TERMINAL, Column, Format, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lfx.reporting.runs import Run

# What does not tell kinds of runs apart, though it was on the command line.
_UNTOLD = ("seed=", "data.fold=", "ckpt=", "logger=", "experiment=")


@dataclass(frozen=True)
class Row:
    """One kind of run over its seeds and folds, or the difference of two kinds, one by one.

    Attributes:
        data: the data set's name.
        title: the run's name and what tells it from others.
        model: its encoder or members.
        runs: how many there are.
        scores: split -> score -> (mean, standard deviation); the deviation of a single run is NaN.
    """

    data: str
    title: str
    model: str
    runs: int
    scores: Mapping[str, Mapping[str, tuple[float, float]]]


def group_by_seed(runs: Sequence[Run]) -> list[list[Run]]:
    """Put runs together that differ in nothing but seed, fold, and what follows from them.

    Args:
        runs: older ones first; of several with the same seed and fold the newest counts.

    Returns:
        One list for each kind of run, in the order of the first of each.
    """
    kinds: dict[tuple[object, ...], dict[tuple[int, int | None], Run]] = {}
    for run in runs:
        key = (run.data, run.stage, run.name, run.model, run.kind, run.fold is None)
        kinds.setdefault(key, {})[run.seed, run.fold] = run
    return [list(own.values()) for own in kinds.values()]


def seed_rows(groups: Sequence[Sequence[Run]]) -> list[Row]:
    """Average over seeds and folds, and compare with the first kind of the same stage and data.

    Args:
        groups: of `group_by_seed`.

    Returns:
        A row a kind; then, for each kind that shares two or more seeds or folds with the first
        one, a row of the mean difference, over those with which both had the same split.
    """
    # Whatever seed each of them began with.
    firsts = [replace(group[0], seed=0) for group in groups]
    titles = [
        titled(
            " ".join([one.name, *(text for text in told if not text.startswith(_UNTOLD))]),
            {"leaky": any(run.leaky for run in group)},
        )
        for one, told, group in zip(firsts, told_apart(firsts), groups, strict=True)
    ]
    rows = [
        Row(group[0].data, title, group[0].model, len(group), _over([_flat(run) for run in group]))
        for group, title in zip(groups, titles, strict=True)
    ]
    bases: dict[tuple[str, str], tuple[str, Sequence[Run]]] = {}
    for group, title in zip(groups, titles, strict=True):
        base_title, base = bases.setdefault((group[0].data, group[0].stage), (title, group))
        pairs = [
            (_flat(run), _flat(other))
            for run in group
            for other in base
            if (run.seed, run.fold) == (other.seed, other.fold)
            and run.split_fingerprint == other.split_fingerprint
        ]
        if group is not base and len(pairs) >= 2:  # noqa: PLR2004, a spread needs two
            differences = [_minus(own, other) for own, other in pairs]
            name = f"{title} - {base_title}"
            rows.append(Row(group[0].data, name, "difference", len(pairs), _over(differences)))
    return rows


def seed_table(rows: Sequence[Row]) -> Table:
    """Return means and standard deviations as a table; in a CSV each has a column of its own.

    A terminal shows the test split, where there is one: all splits at once are too wide for it.
    """
    there = [split for split in REPORTED if any(split in row.scores for row in rows)]
    reported = "test" if "test" in there else there[-1]
    keys = [
        (split, score)
        for split in there
        for score in dict.fromkeys(score for row in rows for score in row.scores.get(split, {}))
    ]
    columns = [Column("data"), Column("name"), Column("model"), Column("runs")]
    for place, (split, score) in enumerate(keys):
        where = {CSV} if score in SCORES and not SCORES[score].printed else {CSV, DOCUMENT}
        if split == reported and DOCUMENT in where:
            where.add(TERMINAL)
        column = Column(f"{split} {title_of(score)}", _SPREAD, frozenset(where), place)
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


def _part(place: int) -> Callable[[tuple[float, float]], float | None]:
    return lambda value: None if math.isnan(value[place]) else value[place]


_SPREAD = Format(_as_text, {" mean": _part(0), " sd": _part(1)})


def _flat(run: Run) -> dict[str, dict[str, float]]:
    """Give split -> score -> number: the usual scores, and the F1 of each class."""
    return {split: _scores(own) for split, own in run.splits.items()}


def _scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    own = {score: float(metrics[score]) for score in SCORES if score in metrics}
    of_classes = metrics.get("per_class", {}).items()
    return own | {f"F1 {name}": float(one["f1"]) for name, one in of_classes if "f1" in one}


def _minus(
    one: Mapping[str, Mapping[str, float]], other: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    return {
        split: {
            score: value - other[split][score]
            for score, value in scores.items()
            if score in other[split]
        }
        for split, scores in one.items()
        if split in other
    }


def _over(
    runs: Sequence[Mapping[str, Mapping[str, float]]],
) -> dict[str, dict[str, tuple[float, float]]]:
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for split in REPORTED:
        for score in dict.fromkeys(score for run in runs for score in run.get(split, {})):
            values = [run[split][score] for run in runs if score in run.get(split, {})]
            spread = statistics.stdev(values) if len(values) > 1 else float("nan")
            found.setdefault(split, {})[score] = (statistics.fmean(values), spread)
    return found
