"""What a checkpoint may say of an encoder: an allow-list of names, and plain values within bounds.

A library's constructors take more than a shape: a file to load, a repository to download code from.
Of a description only what is listed here reaches them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints

from lfx.runtime.errors import WeightsError
from lfx.runtime.fields import Field, field_problems, list_problems, shown
from lfx.runtime.settings import describe, value_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_ARGUMENT = 65_536
LONGEST_NAME = 200


def require_fields(record: Mapping[str, Any], fields: Mapping[str, Field], name: str = "") -> None:
    """Refuse a description with a field that is missing, unknown, or of the wrong type or range.

    Args:
        record: the description, or a part of it.
        fields: name → what it has to be.
        name: of the part, for messages.

    Raises:
        WeightsError: lists all such fields.
    """
    problems = field_problems(record, fields, name)
    problems += [
        f"{f'{name}.' if name else ''}{shown(key)[1:-1]} is unknown, allowed: {', '.join(fields)}"
        for key in record
        if key not in fields
    ]
    if problems:
        raise WeightsError(f"the encoder's description is wrong:{list_problems(problems)}")


def choice(*names: str) -> Field:
    """Return a field that is one of some names."""
    return Field(" or ".join(names), lambda value: isinstance(value, str) and value in names)


def fields_of(kind: type, *names: str) -> dict[str, Field]:
    """Return fields that are what a dataclass's settings may be.

    Args:
        kind: the dataclass.
        names: of the settings; none: all.
    """
    hints = get_type_hints(kind, include_extras=True)
    return {name: _field(hints[name]) for name in names or hints}


def _field(annotation: Any) -> Field:
    return Field(describe(annotation), lambda value: not value_problems("", value, annotation))
