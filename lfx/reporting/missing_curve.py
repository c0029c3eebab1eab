"""Curves of scores over the share of samples that lack a column: tables, a CSV, a picture."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.evaluation.scores import title_of
from lfx.reporting.missing_points import Point
from lfx.reporting.pictures.curves import Line
from lfx.reporting.pictures.panels import draw_panels
from lfx.reporting.table import COUNT, CSV, Column, Format, Table
from lfx.runtime.figures import picture_files
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.runs.find import Run

SCORES = ("accuracy", "f1_weighted")
_ALSO_IN_FILES = ("f1_macro",)
MOST_LINES = 10


@dataclass(frozen=True)
class Curves:
    """Points of one or several seeds.

    Attributes:
        split: whose samples are scored.
        points: (model, column, share) → one point for each seed.
    """

    split: str
    points: Mapping[tuple[str, str, float], Sequence[Point]]

    @classmethod
    def of(cls, seeds: Sequence[tuple[str, Sequence[Point]]]) -> Curves:
        """Put the points of several seeds together; those of other splits than the last's go."""
        split = seeds[-1][0]
        together: dict[tuple[str, str, float], list[Point]] = {}
        for of_split, points in seeds:
            for point in points if of_split == split else ():
                together.setdefault((point.model, point.column, point.share), []).append(point)
        return cls(split, together)

    @property
    def seeds(self) -> int:
        """The largest number of seeds of a point."""
        return max(map(len, self.points.values()))

    def values(self, place: int) -> list[Any]:
        """Return what stands at a place of the points' keys, each once, in their order."""
        return list(dict.fromkeys(key[place] for key in self.points))

    def score(self, key: tuple[str, str, float], score: str) -> tuple[float, float] | None:
        """Return mean and standard deviation of a score over the seeds; NaN of one seed."""
        numbers = [one.scores[score] for one in self.points.get(key, ()) if score in one.scores]
        if not numbers:
            return None
        spread = statistics.stdev(numbers) if len(numbers) > 1 else math.nan
        return statistics.fmean(numbers), spread


def curve_table(curves: Curves, score: str) -> Table:
    """Return a table of a score: a row for each model and column, a column for each share."""
    shares = sorted(curves.values(2))
    columns = [Column("model", least=40), Column("without", least=12)]
    columns += [Column(f"{share:.0%} {title_of(score)}", _SPREAD) for share in shares]
    rows = [
        [model, column, *(curves.score((model, column, share), score) for share in shares)]
        for column in curves.values(1)
        for model in curves.values(0)
    ]
    return Table(columns, rows, [_note(curves)])


def _note(curves: Curves) -> str:
    samples = sorted({point.samples for points in curves.points.values() for point in points})
    counted = "-".join(map(str, dict.fromkeys((samples[0], samples[-1]))))
    return (
        f"of {counted} {curves.split} samples, the share of which lacks the column; where a model "
        "can read nothing, the most frequent class of train stands for its answer"
    )


def write_curves(curves: Curves, drawn: Mapping[str, bool], folder: Path) -> list[Path]:
    """Write `missing.csv`, `missing.md` and `missing.png`.

    Args:
        curves: of one seed or several.
        drawn: models in the picture, at most ten of which are drawn → whether its line is dashed.
        folder: where they go.

    Returns:
        The paths of the files.
    """
    tables = [curve_table(curves, score).markdown() for score in SCORES]
    document, picture = folder / "missing.md", folder / "missing.png"
    with atomic_path(document) as part:
        part.write_text("\n".join(tables), encoding="utf-8")
    draw_panels(
        picture,
        f"{curves.split} samples that lack content{_over_seeds(curves)}",
        {column: f"share of samples without {column}" for column in curves.values(1)},
        {
            title_of(score): {
                column: _lines(curves, column, score, drawn) for column in curves.values(1)
            }
            for score in SCORES
        },
    )
    points = _points_table(curves).write_csv(folder / "missing.csv")
    return [points, document, *picture_files(picture)]


def _over_seeds(curves: Curves) -> str:
    return "" if curves.seeds == 1 else f", mean of {curves.seeds} seeds"


def _lines(curves: Curves, column: str, score: str, drawn: Mapping[str, bool]) -> list[Line]:
    lines = []
    for colour, (model, dashed) in enumerate(list(drawn.items())[:MOST_LINES]):
        found = [(share, curves.score((model, column, share), score)) for share in curves.values(2)]
        points = sorted((share, value[0]) for share, value in found if value is not None)
        if points:
            positions, heights = zip(*points, strict=True)
            lines.append(Line(model, positions, heights, colour, dashed))
    return lines


def _points_table(curves: Curves) -> Table:
    """Return a table with a row for each point, for a CSV."""
    scores = [*SCORES, *_ALSO_IN_FILES]
    titles = ("samples", "lacking", "unanswered", "seeds")
    where = frozenset({CSV})
    columns = [Column("model"), Column("without"), Column("share", _SHARE)]
    columns += [Column(title, COUNT, where) for title in titles]
    columns += [Column(title_of(score), _SPREAD) for score in scores]
    rows = []
    for key, points in curves.points.items():
        means = [statistics.mean(getattr(one, title) for one in points) for title in titles[:-1]]
        rows.append([*key, *means, len(points), *(curves.score(key, score) for score in scores)])
    return Table(columns, rows)


def lines_drawn(runs: Sequence[Run]) -> dict[str, bool]:
    """Choose the runs that get a line in a picture; of fusions of the same members the best on val.

    Args:
        runs: of one data set.

    Returns:
        Name → whether the line is dashed, as those of fusions.
    """
    accuracies: dict[tuple[str, str], list[float]] = {}
    for run in runs:
        if run.stage == "fuse":
            accuracy = run.metrics.get("val", {}).get("accuracy", 0.0)
            accuracies.setdefault((run.model, run.name), []).append(accuracy)
    best: dict[str, tuple[float, str]] = {}
    for (members, name), values in accuracies.items():
        mean = statistics.fmean(values)
        if members not in best or mean > best[members][0]:
            best[members] = (mean, name)
    trained = dict.fromkeys((run.name for run in runs if run.stage == "train"), False)
    return trained | {name: True for _, name in best.values()}


def _as_text(value: tuple[float, float]) -> str:
    mean, spread = value
    return f"{mean:.3f}" if math.isnan(spread) else f"{mean:.3f} ± {spread:.3f}"


_SHARE = Format("{:g}".format)
_SPREAD = Format(
    _as_text,
    {
        "": lambda value: value[0],
        " sd": lambda value: None if math.isnan(value[1]) else value[1],
    },
)
