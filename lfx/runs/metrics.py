"""The scores in a run's folder, checked before any table is made of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.evaluation.reported import COMPLETE, INTERVALS, UNSEEN
from lfx.runtime.errors import RecordError
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

_PER_CLASS = "per_class"
_NESTED = (_PER_CLASS, INTERVALS, UNSEEN)
_BOUNDS = 2


def read_metrics(file: Path) -> dict[str, Any]:
    """Read `metrics.json`; scores that are null are left out.

    Returns:
        Split → score → number; of some fusions `complete` → split → score → number; and further
        keys such as `leaky`.

    Raises:
        RecordError: the file is missing or damaged, or a score is not a number.
    """
    content = require_mapping(read_json(file), "it")
    return {
        key: _of_split(key, value) if isinstance(value, dict) else _flag(key, value)
        for key, value in content.items()
    }


def _of_split(key: str, value: dict[str, Any]) -> dict[str, Any]:
    if key != COMPLETE:
        return checked_scores(key, value)
    return {split: checked_scores(f"{key}.{split}", scores) for split, scores in value.items()}


def checked_scores(split: str, scores: object) -> dict[str, Any]:
    """Return one split's scores.

    Raises:
        RecordError: something else stands in a score's place.
    """
    content = require_mapping(scores, split)
    checked: dict[str, Any] = _numbers(split, content)
    per_class = require_mapping(content.get(_PER_CLASS, {}), f"{split}.{_PER_CLASS}")
    checked[_PER_CLASS] = {
        name: _numbers(f"{split}.{_PER_CLASS}.{name}", values) for name, values in per_class.items()
    }
    intervals = require_mapping(content.get(INTERVALS, {}), f"{split}.{INTERVALS}")
    for name, bounds in intervals.items():
        if not isinstance(bounds, list) or len(bounds) != _BOUNDS:
            raise RecordError(f"{split}.{INTERVALS}.{name} is not an interval")
        _numbers(f"{split}.{INTERVALS}.{name}", dict(enumerate(bounds)))
    if intervals:
        checked[INTERVALS] = intervals
    if UNSEEN in content:
        checked[UNSEEN] = checked_scores(f"{split}.{UNSEEN}", content[UNSEEN])
    return checked


def _numbers(path: str, scores: object) -> dict[str, float]:
    numbers = {}
    for name, value in require_mapping(scores, path).items():
        if name in _NESTED or value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RecordError(f"{path}.{name} is not a number")
        if not math.isfinite(value):
            raise RecordError(f"{path}.{name} is not finite")
        numbers[name] = value
    return numbers


def _flag(key: str, value: object) -> object:
    if key in {*REPORTED, COMPLETE} or isinstance(value, list):
        raise RecordError(f"{key} is not a mapping of scores")
    return value


def require_mapping(value: object, path: str) -> dict[str, Any]:
    """Return a mapping that a file has.

    Raises:
        RecordError: it is something else.
    """
    if not isinstance(value, dict):
        raise RecordError(f"{path} is not a mapping")
    return value
