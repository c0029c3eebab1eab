"""Read and check the scores and weights in a run's folder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lfx.reporting.weights import member_shares
from lfx.runs.metrics import checked_scores, require_mapping
from lfx.runtime.errors import RecordError
from lfx.runtime.fields import is_integer
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

# Enough for weights per sample of a million samples.
_MOST_BYTES = 256_000_000
# Keys of `weights.json` with numbers of samples, split by split.
_COUNTS = ("fused_from_fewer", "fused_from_one", "dropped")


def read_weights(file: Path) -> dict[str, Any]:
    """Read `weights.json`.

    Raises:
        RecordError: the file is missing or damaged, or its weights do not match its members.
    """
    content = require_mapping(read_json(file, _MOST_BYTES), "it")
    members, classes = content.get("members"), content.get("classes")
    scheme = content.get("scheme")
    if not _are_names(members) or not _are_names(classes) or not isinstance(scheme, str):
        raise RecordError("it does not name members, classes and scheme")
    try:
        are_shares = all(map(math.isfinite, member_shares(content).values()))
    except (KeyError, TypeError, ValueError, ArithmeticError):
        are_shares = False
    if not are_shares:
        raise RecordError("its weights do not match its members")
    by_member = require_mapping(content.get("missing", {}), "missing")
    counts = {key: content.get(key, {}) for key in _COUNTS}
    for key, value in (*counts.items(), *by_member.items()):
        if not all(map(is_integer, require_mapping(value, key).values())):
            raise RecordError(f"{key} does not count samples")
    return content


def read_baselines(file: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Read `baselines.json`: name → split → score → number.

    Raises:
        RecordError: the file is missing or damaged, or a score is not a number.
    """
    content = require_mapping(read_json(file), "it")
    return {
        name: {
            split: checked_scores(split, value)
            for split, value in require_mapping(splits, name).items()
        }
        for name, splits in content.items()
    }


def read_verdict(file: Path) -> dict[str, Any]:
    """Read `verdict.json`.

    Raises:
        RecordError: the file is missing or damaged, or a figure is not a number.
    """
    content = require_mapping(read_json(file), "it")
    names = [content.get(key) for key in ("split", "against", "chosen_on")]
    if not _are_names(names) or "all" not in content:
        raise RecordError("it does not say what is compared on which split")
    for part in ("all", "unseen"):
        compared = require_mapping(content.get(part, _NOTHING), part)
        numbers = [compared.get(key) for key in _NOTHING if key not in ("interval", "detectable")]
        interval, detectable = compared.get("interval"), compared.get("detectable")
        numbers += interval if isinstance(interval, list) and len(interval) == _BOUNDS else [None]
        numbers += [] if detectable is None else [detectable]
        if not all(_is_finite(number) for number in numbers):
            raise RecordError(f"{part} has something else than numbers")
        if not compared["samples"] >= 1:
            raise RecordError(f"{part} has no samples")
    return content


_BOUNDS = 2
_NOTHING = {
    "samples": 1,
    "groups": 1,
    "difference": 0.0,
    "interval": [0.0, 0.0],
    "corrected": 0,
    "corrupted": 0,
    "p": 1.0,
    "detectable": None,
}


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
