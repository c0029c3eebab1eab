"""Checks of the fields of a record that was read from a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST_SHOWN = 60  # characters of a value
_LARGEST = 2**63 - 1
_MOST_LEVELS = 32
_MOST_CONTAINERS = 100_000


@dataclass(frozen=True)
class Field:
    """What is allowed as a field's value.

    Attributes:
        what: in words, for messages.
        fits: whether a value is allowed.
        required: whether the record must have the field.
    """

    what: str
    fits: Callable[[Any], bool]
    required: bool = True


def field_problems(record: Any, fields: Mapping[str, Field], name: str = "") -> list[str]:
    """Return the problems of a record's fields: missing or not allowed.

    Args:
        record: content of a file: any value.
        fields: name → what is allowed; further fields of the record are not checked.
        name: the record's, for messages.

    Returns:
        One sentence for each problem.
    """
    if not isinstance(record, Mapping):
        return [f"{name or 'the record'} is {shown(record)}, allowed: named values"]
    prefix = f"{name}." if name else ""
    problems = []
    for key, field in fields.items():
        if key not in record:
            if field.required:
                problems.append(f"{prefix}{key} is missing, allowed: {field.what}")
        elif not field.fits(record[key]):
            problems.append(f"{prefix}{key} is {shown(record[key])}, allowed: {field.what}")
    return problems


def shown(value: Any) -> str:
    """Return a value from a file for a message: short, on one line, without control characters."""
    if isinstance(value, str):
        cut = value[:_LONGEST_SHOWN]
        return ascii(cut) + ("…" if len(value) > len(cut) else "")
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def is_plain(value: Any) -> bool:
    """Check for plain values and containers, within bounds of depth and number.

    A pickle or a JSON text may nest a hundred thousand levels deep, contain itself, or repeat one
    list so often that a walk through it never ends.
    """
    level, containers = [value], 0
    for _ in range(_MOST_LEVELS):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                if not all(isinstance(key, str | int) for key in item):
                    return False
                inner += item.values()
            elif isinstance(item, list | tuple):
                inner += item
            elif not (item is None or isinstance(item, str | bool | int | float)):
                return False
            else:
                continue
            containers += 1
            if containers > _MOST_CONTAINERS:
                return False
        if not inner:
            return True
        level = inner
    return False


def is_text(value: Any) -> bool:
    """Check for a string that UTF-8 can hold."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def is_integer(value: Any, least: int = -_LARGEST, most: int = _LARGEST) -> bool:
    """Check for an integer within bounds; true and false are not integers here."""
    return type(value) is int and least <= value <= most


def is_number(value: Any, least: float = -math.inf, most: float = math.inf) -> bool:
    """Check for a finite number within bounds; true and false are not numbers here."""
    if type(value) is int:
        return -_LARGEST <= value <= _LARGEST and least <= value <= most
    return type(value) is float and math.isfinite(value) and least <= value <= most


def is_list_of(value: Any, fits: Callable[[Any], bool], length: int | None = None) -> bool:
    """Check for a list whose elements all fit, of a length if one is given."""
    if not isinstance(value, list | tuple) or (length is not None and len(value) != length):
        return False
    return all(map(fits, value))


def are_class_names(value: Any) -> bool:
    """Check for two or more different class names."""
    least = 2
    return (
        is_list_of(value, lambda name: is_text(name) and bool(name.strip()))
        and len(value) >= least
        and len(set(value)) == len(value)
    )


def list_problems(problems: Sequence[str], most: int = 12) -> str:
    """Return problems as indented lines, with the number of those not shown."""
    lines = [f"\n  - {problem}" for problem in problems[:most]]
    more = len(problems) - most
    return "".join(lines) + (f"\n  and {more} more" if more > 0 else "")
