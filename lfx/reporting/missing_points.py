"""Scores of models on samples some of which lack a column, in a file that other reports read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import RecordError
from lfx.runtime.fields import Field, field_problems, is_integer, is_list_of, is_number, is_text
from lfx.runtime.files import write_json
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE = "missing.json"
_MOST = 2**53


@dataclass(frozen=True)
class Point:
    """How a model scores where a share of the samples lacks a column.

    Attributes:
        model: the run's name.
        column: what the samples lack.
        share: of the samples that lack it, in 0..1.
        samples: that are scored: all of the split that have labels.
        lacking: those of them that lack the column.
        unanswered: those of them that the model cannot read, for which the most frequent class of
            the train split stands.
        scores: score → number.
    """

    model: str
    column: str
    share: float
    samples: int
    lacking: int
    unanswered: int
    scores: Mapping[str, float]


def write_points(folder: Path, split: str, points: Sequence[Point]) -> Path:
    """Write points into `missing.json`."""
    write_json(folder / FILE, {"split": split, "points": [asdict(point) for point in points]})
    return folder / FILE


def read_points(file: Path) -> tuple[str, list[Point]]:
    """Read a `missing.json`.

    Returns:
        The split that was scored, and its points.

    Raises:
        RecordError: the file is damaged.
    """
    content = read_json(file)
    problems = field_problems(content, _FILE)
    problems += [] if problems else [one for point in content["points"] for one in _problems(point)]
    if problems:
        raise RecordError(problems[0])
    return content["split"], [
        Point(**{key: point[key] for key in _POINT}) for point in content["points"]
    ]


def find_points(folder: Path) -> list[Path]:
    """Return all `missing.json` below a folder."""
    return sorted(folder.rglob(FILE))


def _problems(point: Any) -> list[str]:
    return field_problems(point, _POINT, "a point")


def _are_scores(value: Any) -> bool:
    return isinstance(value, dict) and all(
        is_text(name) and is_number(number) for name, number in value.items()
    )


_COUNT = Field("a number of samples", lambda value: is_integer(value, 0, _MOST))
_FILE = {
    "split": Field("a string", is_text),
    "points": Field("a list", lambda value: is_list_of(value, lambda one: isinstance(one, dict))),
}
_POINT = {
    "model": Field("a string", is_text),
    "column": Field("a string", is_text),
    "share": Field("a number in 0..1", lambda value: is_number(value, 0, 1)),
    **dict.fromkeys(("samples", "lacking", "unanswered"), _COUNT),
    "scores": Field("numbers by name", _are_scores),
}
