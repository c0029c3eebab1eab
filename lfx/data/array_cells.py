"""Numbers of samples from the cells of a table."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lfx.data.arrays import SHAPES, sample_numbers, to_numbers
from lfx.data.values import is_blank
from lfx.runtime.errors import name_some, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.arrays import Numbers


def cell_array(value: Any) -> Numbers | None:
    """Return a table's cell as float32 numbers; None if it is empty.

    Empty are null, NaN, a blank text, and a list without elements.

    Args:
        value: a number, a list of numbers or of such lists, a NumPy array, an Arrow value of these,
            or a text: a JSON list, or numbers with spaces, commas or semicolons between them.

    Returns:
        (features,) or (time, features).

    Raises:
        ValueError: it is something else; the message says what.

    Example:
        >>> cell_array("0.5; 1; -2").tolist(), cell_array([[1, 2], [3, 4]]).shape
        ([0.5, 1.0, -2.0], (2, 2))
    """
    if isinstance(value, pa.Scalar):
        value = value.as_py()
    if isinstance(value, str):
        value = None if is_blank(value) else _parse(value)
    if isinstance(value, np.ndarray):
        if value.dtype != object:
            return sample_numbers(np.atleast_1d(value))
        value = value.tolist()
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return None
    rows = list(value) if isinstance(value, list | tuple) else [value]
    if rows and all(isinstance(row, list | tuple | np.ndarray) for row in rows):
        return _stacked(rows)
    return _row(rows) if rows else None


def _stacked(rows: Sequence[Any]) -> Numbers | None:
    """Return lists of numbers as (time, features)."""
    widths = sorted({len(row) if np.ndim(row) else 0 for row in rows})
    if len(widths) > 1:
        raise ValueError(
            f"its {len(rows)} lists have {name_some(widths, most=3)} numbers, allowed: lists of "
            "one length"
        )
    if not widths[0]:
        return None
    return np.stack([_row(list(row)) for row in rows])


def _row(row: Sequence[Any]) -> Numbers:
    """Return numbers as (features,)."""
    if not set(map(type, row)) <= {int, float}:
        wrong = [one for one in row if not _is_number(one)]
        if wrong:
            is_list = isinstance(wrong[0], list | tuple | np.ndarray)
            what = "a list beside numbers, or in a list" if is_list else shorten(repr(wrong[0]))
            raise ValueError(f"it holds {what}, allowed: numbers, {SHAPES}")
    try:
        return to_numbers(np.array([float(one) for one in row]))
    except OverflowError as error:
        raise ValueError("it holds an integer that is too large for float32") from error


def _is_number(value: Any) -> bool:
    kinds = int | float | Decimal | np.integer | np.floating
    return isinstance(value, kinds) and not isinstance(value, bool)


def _parse(text: str) -> Any:
    """Read a cell's text: a JSON list, or numbers with separators between them."""
    text = text.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):  # NumPy writes lists with spaces
            text = text.removeprefix("[").removesuffix("]").strip()
    separator = next((sign for sign in ";," if sign in text), None)
    try:
        return [_number(part.strip()) for part in text.split(separator)]
    except ValueError:
        raise ValueError(
            f"it is {shorten(repr(text), most=40)}, allowed: a JSON list, or numbers with spaces, "
            "commas or semicolons between them (and a point before decimals)"
        ) from None


def _number(text: str) -> float:
    if "_" in text:  # Python's own
        raise ValueError(text)
    return float(text)
