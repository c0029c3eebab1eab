"""Reading JSON Lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_json_lines(
    text: str,
) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str]]]:
    """Read one object per line, numbers with all their digits.

    Args:
        text: the file's content; blank lines are skipped.

    Returns:
        The objects, the line of each counted from 1, and line and reason of each unreadable one.

    Raises:
        DataError: the file is one JSON list, or none of its lines is an object.
    """
    objects: list[dict[str, Any]] = []
    lines: list[int] = []
    unreadable: list[tuple[int, str]] = []
    if text.lstrip()[:1] == "[":
        raise DataError(
            "it is one list, not one object per line; pandas writes lines with "
            'to_json(FILE, orient="records", lines=True)'
        )
    for number, line in enumerate(text.split("\n" if "\n" in text else "\r"), start=1):
        if not line.strip():
            continue
        try:
            value = _DECODER.decode(line)
        except RecursionError:
            unreadable.append((number, "its JSON is nested too deeply"))
        except ValueError as error:  # not JSON, a repeated key, or a number of thousands of digits
            reason = getattr(error, "msg", None) or str(error)
            unreadable.append((number, f"not a JSON object: {reason}"))
        else:
            if isinstance(value, dict):
                objects.append(value)
                lines.append(number)
            else:
                unreadable.append((number, f"not a JSON object but {_KINDS[type(value)]}"))
    if unreadable and not objects:
        raise DataError(
            f"none of its lines is a JSON object: line {unreadable[0][0]}: {unreadable[0][1]}"
        )
    return objects, lines, unreadable


def _unique_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key occurs twice")
    return content


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys)
_KINDS = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
