"""Colours as people write them."""

from __future__ import annotations

import re

_WRITTEN = re.compile(r"[a-z]+|#[0-9a-f]{6}", re.IGNORECASE)


def parse_colour(text: str) -> tuple[int, int, int]:
    """Read a colour's name in CSS, such as `white`, or `#rrggbb`.

    Returns:
        Red, green and blue, each 0..255.

    Raises:
        ValueError: the text is neither.
    """
    from PIL import ImageColor

    if _WRITTEN.fullmatch(text):
        try:
            red, green, blue = ImageColor.getrgb(text)[:3]
        except ValueError:
            pass
        else:
            return red, green, blue
    raise ValueError(f"a colour's name in CSS such as white, or #rrggbb, is needed; got {text!r}")


def is_colour(value: object) -> bool:
    """Check whether a value is a colour that `parse_colour` reads, or None."""
    if value is None:
        return True
    try:
        return isinstance(value, str) and bool(parse_colour(value))
    except ValueError:
        return False
