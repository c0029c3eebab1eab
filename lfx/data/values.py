"""Cells of a table to ids, labels and texts: one verdict for every format."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

# Above it a double does not tell one whole number from the next.
EXACT = 2**53
# Format characters (zero width, byte-order mark, direction), control characters and white space.
_UNSEEN = {"Cf", "Cc", "Zs", "Zl", "Zp"}
# Letters and marks that show nothing: fillers, joiners, variation selectors, Braille without a dot.
_FILLERS = "\u034f\u115f\u1160\u2800\u3164\uffa0\ufe0e\ufe0f"
# What spreadsheets make of long numbers: 1.23457E+17.
_ROUNDED = re.compile(r"[0-9][.,][0-9]+[eE]\+[0-9]+")


def is_blank(text: str) -> bool:
    """Say whether a text shows nothing: it is empty, white space, or has no width."""
    return all(_is_unseen(one) for one in text)


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or character in _FILLERS


def cell_text(value: Any) -> str | None:
    """Give a cell as text; None where it holds nothing: null, NaN, NaT, or a blank text.

    A whole float is the whole number, since a table tool makes floats of whole numbers as soon as
    one of them is missing.

    Args:
        value: what a CSV, Parquet or JSON Lines file gave.

    Raises:
        ValueError: it is a list, a mapping, infinite, or no text in UTF-8; the message says which.
    """
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{len(value)} bytes that are no text") from None
    if isinstance(value, str):
        return None if is_blank(value) else _whole_text(value)
    if value is None or _is_nan(value):
        return None
    if isinstance(value, dict | list | tuple | set):
        kind = "mapping" if isinstance(value, dict) else "list"
        # What str() gives would be trained on: "[1]".
        raise ValueError(f"a {kind}, not a text: {shorten(value)}")  # noqa: TRY004
    return _number(value) if isinstance(value, float | Decimal) else str(value)


def _whole_text(text: str) -> str:
    """Refuse a text that no file can hold; JSON may escape one half of a character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        half = ascii(text[error.start])
        raise ValueError(f"no text in UTF-8: it has half a character, {half}") from None
    return text


def _number(value: float | Decimal) -> str:
    if math.isinf(value):
        raise ValueError(f"{value}, no number")
    exact = isinstance(value, Decimal) or abs(value) < EXACT
    return str(int(value)) if exact and _is_whole(value) else str(value)


def cell_id(value: Any, exact: int = EXACT) -> str | None:
    """Give a cell as an id, or as the name of a group; None where it holds nothing.

    Args:
        value: what a CSV, Parquet or JSON Lines file gave.
        exact: from here on whole numbers of the column's type have lost digits.

    Raises:
        ValueError: as `cell_text`, or it is a number that is not whole, or one that may have lost
            digits on its way through a float.
    """
    if isinstance(value, float | Decimal) and not _is_nan(value) and not math.isinf(value):
        if not _is_whole(value):
            raise ValueError(f"{value}, no whole number")
        if isinstance(value, float) and abs(value) >= exact:
            raise ValueError(
                f"{value:.0f} as a float, which has lost digits; write whole numbers or texts"
            )
    return cell_text(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | Decimal) and math.isnan(value)


def _is_whole(value: float | Decimal) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return value.is_integer()


def rounded_ids(ids: Iterable[str]) -> list[str]:
    """Tell of ids that a spreadsheet seems to have rounded, which match nobody else's.

    Args:
        ids: as the table holds them.

    Returns:
        A sentence for a warning, or none.
    """
    rounded = [name for name in ids if _ROUNDED.fullmatch(name)]
    if not rounded:
        return []
    told = (
        f"{len(rounded)} ids look like numbers that a spreadsheet has rounded, such as "
        f"{rounded[0]}; export the column as text if they should match other tables"
    )
    return [told]
