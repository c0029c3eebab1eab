"""Scores as a run's folder has them, checked before any table is made of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.reporting.weights import member_shares
from lfx.runtime.errors import RecordError
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

# Weights of each of a million samples are some.
_MOST_BYTES = 256_000_000
_PER_CLASS = "per_class"


def read_metrics(file: Path) -> dict[str, Any]:
    """Read `metrics.json`; scores that it lacks, or has no number for, are left out.

    Returns:
        Split → score → number, and what else it says, such as `leaky`.

    Raises:
        RecordError: it is missing, damaged, or has something else in a score's place.
    """
    content = _mapping(read_json(file), "it")
    return {
        key: _split(key, value) if isinstance(value, dict) else _flag(key, value)
        for key, value in content.items()
    }


def read_weights(file: Path) -> dict[str, Any]:
    """Read `weights.json`.

    Raises:
        RecordError: it is missing, damaged, or its weights are not those of its members.
    """
    content = _mapping(read_json(file, _MOST_BYTES), "it")
    members, classes = content.get("members"), content.get("classes")
    scheme = content.get("scheme")
    if not _are_names(members) or not _are_names(classes) or not isinstance(scheme, str):
        raise RecordError("it does not name members, classes and scheme")
    try:
        are_shares = all(map(math.isfinite, member_shares(content).values()))
    except (KeyError, TypeError, ValueError, ArithmeticError):
        are_shares = False
    if not are_shares:
        raise RecordError("its weights are not those of its members")
    return content


def read_baselines(file: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Read `baselines.json`: name → split → score → number.

    Raises:
        RecordError: it is missing, damaged, or has something else in a score's place.
    """
    content = _mapping(read_json(file), "it")
    return {
        name: {split: _split(split, value) for split, value in _mapping(own, name).items()}
        for name, own in content.items()
    }


def _split(split: str, scores: object) -> dict[str, Any]:
    """Check one split's scores."""
    checked: dict[str, Any] = _numbers(split, scores, but=_PER_CLASS)
    of_classes = _mapping(_mapping(scores, split).get(_PER_CLASS, {}), f"{split}.{_PER_CLASS}")
    checked[_PER_CLASS] = {
        name: _numbers(f"{split}.{_PER_CLASS}.{name}", own) for name, own in of_classes.items()
    }
    return checked


def _numbers(place: str, scores: object, but: str = "") -> dict[str, float]:
    found = {}
    for name, value in _mapping(scores, place).items():
        if name == but or value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RecordError(f"{place}.{name} is no number")
        if not math.isfinite(value):
            raise RecordError(f"{place}.{name} is not finite")
        found[name] = value
    return found


def _flag(key: str, value: object) -> object:
    if key in REPORTED or isinstance(value, list):
        raise RecordError(f"{key} is no mapping of scores")
    return value


def _mapping(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(f"{place} is no mapping")
    return value


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
