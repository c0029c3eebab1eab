"""A table of runs over seeds or folds: means and standard deviations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.evaluation.repeated import RepeatedDifference
from lfx.evaluation.reported import reported_split
from lfx.evaluation.scores import SCORES, title_of
from lfx.reporting.incomplete import COMPARABLE
from lfx.reporting.score_columns import splits_of
from lfx.reporting.table import CSV, DOCUMENT, TERMINAL, Column, Format, Table
from lfx.reporting.verdict import p_value
from lfx.reporting.without_test import data_notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.reporting.seeds import Row


def seed_table(rows: Sequence[Row]) -> Table:
    """Return a table of means and standard deviations; a CSV has a column for each.

    A terminal shows the reported split of each data set only, because all are too wide for it. If
    modalities or members lack samples, each split has a column of the number of samples.
    """
    splits = splits_of(*(row.scores for row in rows))
    by_data: dict[str, set[str]] = {}
    for row in rows:
        by_data.setdefault(row.data, set()).update(row.scores)
    reported = {reported_split(of_data) for of_data in by_data.values()}
    keys = [
        (split, score)
        for split in splits
        for score in dict.fromkeys(score for row in rows for score in row.scores.get(split, {}))
    ]
    columns = [Column("data"), Column("name"), Column("model"), Column("runs")]
    counted = any(row.counted for row in rows)
    cells: list[tuple[str, str | None]] = []
    for spare, (split, score) in enumerate(keys):
        where = {CSV} if score in SCORES and not SCORES[score].printed else {CSV, DOCUMENT}
        if split in reported and DOCUMENT in where:
            where.add(TERMINAL)
        if counted and (split, None) not in cells:
            shown = frozenset({CSV, DOCUMENT, *({TERMINAL} if split in reported else ())})
            columns.append(Column(f"{split} n", _RANGE, shown))
            cells.append((split, None))
        column = Column(f"{split} {title_of(score)}", _SPREAD, frozenset(where), spare)
        columns.append(column)
        cells.append((split, score))
    lines = [
        [row.data, row.title, row.model, row.runs]
        + [
            row.samples.get(split) if score is None else _spread(row, split, score)
            for split, score in cells
        ]
        for row in rows
    ]
    notes = data_notes((row.data, row.scores) for row in rows)
    if any(row.tests for row in rows):
        notes.append(
            "p: of a mean difference, by the corrected resampled t-test: trainings on parts of the "
            "same data are not independent"
        )
    return Table(columns, lines, [COMPARABLE, *notes] if counted else notes)


@dataclass(frozen=True)
class Spread:
    """A mean over runs, or the mean of paired differences.

    Attributes:
        mean: the mean.
        deviation: the standard deviation over runs; NaN of a single one.
        test: of a difference: the corrected resampled t-test; None of a score.
    """

    mean: float
    deviation: float
    test: RepeatedDifference | None = None


def _spread(row: Row, split: str, score: str) -> Spread | None:
    values = row.scores.get(split, {}).get(score)
    return None if values is None else Spread(*values, row.tests.get(split, {}).get(score))


def _as_text(spread: Spread) -> str:
    if math.isnan(spread.deviation):
        return f"{spread.mean:.3f}"
    text = f"{spread.mean:.3f} ± {spread.deviation:.3f}"
    return text if spread.test is None else f"{text} ({p_value(spread.test.p)})"


def _as_range(value: tuple[int, int]) -> str:
    least, most = value
    return str(least) if least == most else f"{least}-{most}"


_RANGE = Format(_as_range, {"": _as_range})
_SPREAD = Format(
    _as_text,
    {
        " mean": lambda spread: spread.mean,
        " sd": lambda spread: None if math.isnan(spread.deviation) else spread.deviation,
        " low": lambda spread: spread.test and spread.test.interval.low,
        " high": lambda spread: spread.test and spread.test.interval.high,
        " p": lambda spread: spread.test and spread.test.p,
    },
)
