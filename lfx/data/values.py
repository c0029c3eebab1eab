"""Reading the cells of a table as ids, labels and texts, alike for every format."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

# Above it a double does not represent every integer exactly.
EXACT = 2**53
# Format characters (zero width, byte-order mark, direction), control characters and white space.
_INVISIBLE = {"Cf", "Cc", "Zs", "Zl", "Zp"}
# Invisible letters and marks: fillers, joiners, variation selectors, Braille without a dot.
_FILLERS = "\u034f\u115f\u1160\u2800\u3164\uffa0\ufe0e\ufe0f"
# How spreadsheets write long numbers: 1.23457E+17.
_ROUNDED = re.compile(r"[0-9][.,][0-9]+[eE]\+[0-9]+")


def is_blank(text: str) -> bool:
    """Return whether a text is empty, or white space and invisible characters alone."""
    return all(unicodedata.category(sign) in _INVISIBLE or sign in _FILLERS for sign in text)


def cell_text(value: Any) -> str | None:
    """Return a cell as text; None if it is empty: null, NaN, NaT, or a blank text.

    A float without fraction becomes the integer, since table tools make floats of integers as soon
    as one of them is missing.

    Args:
        value: from a CSV, Parquet or JSON Lines file.

    Raises:
        ValueError: it is a list, a mapping, infinite, or not a text in UTF-8.
    """
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{len(value)} bytes that are not a text") from None
    if isinstance(value, str):
        return None if is_blank(value) else _require_utf8(value)
    if value is None or _is_nan(value):
        return None
    if isinstance(value, dict | list | tuple | set):
        kind = "mapping" if isinstance(value, dict) else "list"
        # `str(value)`, such as "[1]", would become training data.
        raise ValueError(f"a {kind}, not a text: {shorten(value)}")  # noqa: TRY004
    return _number(value) if isinstance(value, float | Decimal) else str(value)


def _require_utf8(text: str) -> str:
    """Refuse a text that UTF-8 cannot encode; JSON may escape a lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        half = ascii(text[error.start])
        raise ValueError(f"not a text in UTF-8: it has half a character, {half}") from None
    return text


def _number(value: float | Decimal) -> str:
    if math.isinf(value):
        raise ValueError(f"{value}, not a number")
    exact = isinstance(value, Decimal) or abs(value) < EXACT
    return str(int(value)) if exact and _is_whole(value) else str(value)


def cell_id(value: Any, exact: int = EXACT) -> str | None:
    """Return a cell as an id or the name of a group; None if it is empty.

    Args:
        value: from a CSV, Parquet or JSON Lines file.
        exact: the number from which on integers of the column's type have lost digits.

    Raises:
        ValueError: as `cell_text`, or it is a number with a fraction, or a float that may have lost
            digits.
    """
    if isinstance(value, float | Decimal) and not _is_nan(value) and not math.isinf(value):
        if not _is_whole(value):
            raise ValueError(f"{value}, not an integer")
        if isinstance(value, float) and abs(value) >= exact:
            raise ValueError(
                f"{value:.0f} as a float, which has lost digits; write integers or texts"
            )
    return cell_text(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | Decimal) and math.isnan(value)


def _is_whole(value: float | Decimal) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return value.is_integer()


def rounded_ids(ids: Iterable[str]) -> list[str]:
    """Return a warning if ids look as if a spreadsheet had rounded them.

    Args:
        ids: as the table holds them.

    Returns:
        One warning, or none.
    """
    rounded = [name for name in ids if _ROUNDED.fullmatch(name)]
    if not rounded:
        return []
    message = (
        f"{len(rounded)} ids look like numbers that a spreadsheet has rounded, such as "
        f"{rounded[0]}; export the column as text if they should match other tables"
    )
    return [message]
