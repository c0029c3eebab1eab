"""What the fields of a record from a file have to be, and which of them are not."""

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
    """What a value has to be.

    Attributes:
        what: in words, for messages.
        fits: whether a value is that.
        required: whether the record must have the field.
    """

    what: str
    fits: Callable[[Any], bool]
    required: bool = True


def field_problems(record: Any, fields: Mapping[str, Field], name: str = "") -> list[str]:
    """Find the fields of a record that are missing or wrong.

    Args:
        record: from a file: it may be anything.
        fields: name → what it has to be; further fields of the record are left alone.
        name: of the record, for messages.

    Returns:
        One sentence a problem; nothing where all is well.
    """
    if not isinstance(record, Mapping):
        return [f"{name or 'the record'} is {shown(record)}, allowed: named values"]
    prefix = f"{name}." if name else ""
    found = []
    for key, field in fields.items():
        if key not in record:
            if field.required:
                found.append(f"{prefix}{key} is missing, allowed: {field.what}")
        elif not field.fits(record[key]):
            found.append(f"{prefix}{key} is {shown(record[key])}, allowed: {field.what}")
    return found


def shown(value: Any) -> str:
    """Show a value from a file in a message: short, on one line, without control characters."""
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
    """Check that a value is made of plain values and containers, without depth or number to fear.

    A pickle or a JSON text may nest a hundred thousand levels deep, hold itself, or name one list
    so often that walking through it never ends.
    """
    level, containers = [value], 0
    for _ in range(_MOST_LEVELS):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                if not all(isinstance(key, str | int) for key in one):
                    return False
                inner += one.values()
            elif isinstance(one, list | tuple):
                inner += one
            elif not (one is None or isinstance(one, str | bool | int | float)):
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
    """Check for an integer within bounds; true and false are none."""
    return type(value) is int and least <= value <= most


def is_number(value: Any, least: float = -math.inf, most: float = math.inf) -> bool:
    """Check for a finite number within bounds; true and false are none."""
    if type(value) is int:
        return -_LARGEST <= value <= _LARGEST and least <= value <= most
    return type(value) is float and math.isfinite(value) and least <= value <= most


def is_list_of(value: Any, fits: Callable[[Any], bool], length: int | None = None) -> bool:
    """Check for a list whose elements all fit, of a length if one is given."""
    if not isinstance(value, list | tuple) or (length is not None and len(value) != length):
        return False
    return all(fits(one) for one in value)


def are_class_names(value: Any) -> bool:
    """Check for two or more different class names."""
    least = 2
    return (
        is_list_of(value, lambda one: is_text(one) and bool(one.strip()))
        and len(value) >= least
        and len(set(value)) == len(value)
    )


def list_problems(problems: Sequence[str], most: int = 12) -> str:
    """Put problems below each other, and say how many more there are."""
    lines = [f"\n  - {problem}" for problem in problems[:most]]
    more = len(problems) - most
    return "".join(lines) + (f"\n  and {more} more" if more > 0 else "")
