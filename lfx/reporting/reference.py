"""Runs beside published results, with intervals: what a difference is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.artifacts.folds import average_folds
from lfx.artifacts.parquet import read_predictions
from lfx.configuration.reference import ReferenceRowConfig
from lfx.evaluation.intervals import Interval, bootstrap_f1, wilson
from lfx.reporting.rows import write_rows
from lfx.reporting.runs import Run
from lfx.reporting.table import markdown, print_table, titled
from lfx.runtime.errors import DataError
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.configuration.reference import ReferenceConfig

_HEADER = (
    "modality",
    "published model",
    "run",
    "model",
    "published accuracy",
    "published F1",
    "n",
    "accuracy",
    "F1",
    "accuracy difference",
    "F1 difference",
)
# Columns before the numbers.
_LEADING = 4


@dataclass(frozen=True)
class Score:
    """A score and its 95 % interval, all in 0..1."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Compared:
    """A published result, and what the run that stands for it reached on the test split.

    Attributes:
        published: the result.
        run: None where there is none.
        samples: of the test split.
        accuracy: with Wilson's interval.
        f1: with the bootstrap's interval.
    """

    published: ReferenceRowConfig
    run: Run | None = None
    samples: int = 0
    accuracy: Score | None = None
    f1: Score | None = None


def compare_with(reference: ReferenceConfig, runs: Sequence[Run]) -> list[Compared]:
    """Find the newest run of each name, and score its predictions on the test split.

    Args:
        reference: what was published.
        runs: older ones first.

    Returns:
        One entry a published result.

    Raises:
        DataError: none of the runs stands for any of the results.
    """
    newest = {run.name: run for run in runs if "test" in run.metrics}
    found = [_compared(row, newest.get(row.run), reference.f1_average) for row in reference.rows]
    if all(one.run is None for one in found):
        names = ", ".join(row.run for row in reference.rows)
        raise DataError(
            f"reference={reference.name} is beside runs named {names}, with a test split; there is "
            "none among these runs"
        )
    return found


def print_compared(found: Sequence[Compared]) -> None:
    """Print published results beside those of runs."""
    print_table(_HEADER, [_texts(one) for one in found], _LEADING)


def write_compared(found: Sequence[Compared], folder: Path) -> tuple[Path, Path]:
    """Write `reference.csv`, with all digits, and `reference.md`.

    Returns:
        The two files.
    """
    with atomic_path(folder / "reference.md") as part:
        table = markdown(_HEADER, [_texts(one) for one in found], _LEADING)
        part.write_text(table, encoding="utf-8")
    bounds = ("low", "high")
    header = [*_HEADER[:7]]
    for score in ("accuracy", "F1"):
        header += [score, *(f"{score} {bound}" for bound in bounds)]
    write_rows(folder / "reference.csv", header, [_numbers(one) for one in found])
    return folder / "reference.csv", folder / "reference.md"


def _compared(published: ReferenceRowConfig, run: Run | None, average: str) -> Compared:
    if run is None:
        return Compared(published)
    rows = average_folds(read_predictions(run.folder / "predictions.parquet"))
    rows = rows.select(rows.rows("test") & (rows.label >= 0))
    metrics = run.metrics["test"]
    predicted = rows.logits.argmax(axis=1)
    right = int((predicted == rows.label).sum())
    kind = average.removeprefix("f1_")
    classes = len(rows.metadata.classes)
    return Compared(
        published,
        run,
        len(rows.label),
        Score(metrics["accuracy"], wilson(right, len(rows.label))),
        Score(metrics[average], bootstrap_f1(rows.label, predicted, classes, average=kind)),
    )


def _texts(one: Compared) -> list[str]:
    row = one.published
    published = [_plain(row.accuracy), _plain(row.f1)]
    if one.run is None or one.accuracy is None or one.f1 is None:
        cells = [row.modality, row.model, f"{row.run}: not run", "", *published]
        return [*cells, *[""] * (len(_HEADER) - len(cells))]
    return [
        row.modality,
        row.model,
        titled(one.run.name, one.run.metrics),
        one.run.model,
        *published,
        str(one.samples),
        _told(one.accuracy),
        _told(one.f1),
        _difference(one.accuracy, row.accuracy),
        _difference(one.f1, row.f1),
    ]


def _numbers(one: Compared) -> list[object]:
    row, run = one.published, one.run
    cells: list[object] = [row.modality, row.model, row.run]
    if run is None:
        return [*cells, "", row.accuracy, row.f1]
    cells += [run.model, row.accuracy, row.f1, one.samples]
    for score in (one.accuracy, one.f1):
        if score is not None:
            cells += [score.value, *score.interval]
    return cells


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _told(score: Score) -> str:
    return f"{score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]"


def _difference(score: Score, published: float | None) -> str:
    return "" if published is None else f"{score.value - published:+.3f}"
