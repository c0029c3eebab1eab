"""JSON Lines to columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_json_lines(
    text: str,
) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str]]]:
    """Read one object a line, numbers with all their digits.

    Args:
        text: the file's content. Blank lines count for nothing.

    Returns:
        The objects, the line of each from 1, and line and reason of those that are none.

    Raises:
        DataError: the file is one JSON list, or none of its lines is an object.
    """
    objects: list[dict[str, Any]] = []
    lines: list[int] = []
    broken: list[tuple[int, str]] = []
    if text.lstrip()[:1] == "[":
        raise DataError(
            "it is one list, not one object a line; pandas writes lines with "
            'to_json(FILE, orient="records", lines=True)'
        )
    for number, line in enumerate(text.split("\n" if "\n" in text else "\r"), start=1):
        if not line.strip():
            continue
        try:
            value = _DECODER.decode(line)
        except RecursionError:
            broken.append((number, "its JSON is nested too deep"))
        except ValueError as error:  # no JSON, a key twice, or a number of thousands of digits
            reason = getattr(error, "msg", None) or str(error)
            broken.append((number, f"no JSON object: {reason}"))
        else:
            if isinstance(value, dict):
                objects.append(value)
                lines.append(number)
            else:
                broken.append((number, f"no JSON object, but {_KINDS[type(value)]}"))
    if broken and not objects:
        raise DataError(f"none of its lines is a JSON object: line {broken[0][0]}: {broken[0][1]}")
    return objects, lines, broken


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key occurs twice")
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
_KINDS = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
