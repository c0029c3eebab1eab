"""Names from data in pictures: measured, shortened, on one line, never taken for a formula."""

from __future__ import annotations

import warnings
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from lfx.runtime.escaping import for_line

if TYPE_CHECKING:
    from collections.abc import Sequence

# Points: of titles and axes, of names and numbers.
TEXT, NAMES = 8.0, 7.0
# What matplotlib warns of where no font has a letter, or its letters join.
NO_FONT = r"Glyph .* missing from font|Matplotlib currently does not support"
# Inches that a line of names needs.
LINE = 0.125
_ELLIPSIS = "…"
_POINTS = 72


@lru_cache(4096)
def text_width(text: str, size: float = NAMES) -> float:
    """Return the width of a text of one line, in inches.

    Args:
        text: the text.
        size: of its letters, in points.
    """
    renderer, font = _measures(size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=NO_FONT)
        width: float = renderer.get_text_width_height_descent(text, font, ismath=False)[0]
    return width / (_POINTS * _FINE)


_FINE = 4  # letters are measured at four pixels a point, where rounding does not count


@cache
def _measures(size: float) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    renderer = RendererAgg(1, 1, _POINTS * _FINE)  # type: ignore[no-untyped-call]
    return renderer, FontProperties(size=size)


def shortened(text: str, inches: float, size: float = NAMES) -> str:
    r"""Return a text on one line that is not wider than some inches.

    Of long texts the middle is left out: names of one data set often differ at their ends alone.
    What does not show, or turns the direction of writing, is escaped.

    Args:
        text: the text.
        inches: the largest width.
        size: of the letters, in points.

    Example:
        >>> shortened("a name\nof two lines that goes on and on, number 1", 1.0)
        'a name\\n…umber 1'
    """
    text = for_line(text)
    if len(text) <= _CERTAIN and text_width(text, size) <= inches:
        return text
    low, high = 1, min(len(text) - 1, _CERTAIN)
    while low < high:
        kept = (low + high + 1) // 2
        if text_width(_without_middle(text, kept), size) <= inches:
            low = kept
        else:
            high = kept - 1
    return _without_middle(text, low)


_CERTAIN = 250  # letters; a longer text is too wide for any page


def _without_middle(text: str, kept: int) -> str:
    end = kept // 2
    return f"{text[: kept - end]}{_ELLIPSIS}{text[len(text) - end :]}"


def shortened_names(names: Sequence[str], inches: float, size: float = NAMES) -> list[str]:
    """Return names that are not wider than some inches; those that became the same are numbered.

    Args:
        names: all of them, such as those of the classes.
        inches: the largest width.
        size: of the letters, in points.
    """
    short = [shortened(name, inches, size) for name in names]
    if len(set(short)) == len(set(names)):
        return short
    return [
        shortened(f"{number}: {for_line(name)}", inches, size) if short.count(text) > 1 else text
        for number, (name, text) in enumerate(zip(names, short, strict=True), start=1)
    ]


def widest(texts: Sequence[str], size: float = NAMES) -> float:
    """Return the width of the widest text, in inches; 0 without any."""
    return max((text_width(text, size) for text in texts), default=0.0)


def wrapped(text: str, inches: float, size: float, lines: int) -> str:
    """Return a text on some lines at most, none wider than some inches.

    Args:
        text: the text.
        inches: the width of a line.
        size: of the letters, in points.
        lines: the largest number of lines; what does not fit is left out.
    """
    words, done = for_line(text).split(" "), list[str]()
    while words and len(done) < lines:
        end = len(done) == lines - 1
        count = 1
        while count < len(words) and text_width(_line(words, count + 1, end=end), size) <= inches:
            count += 1
        done.append(shortened(_line(words, count, end=end), inches, size))
        words = words[count:]
    return "\n".join(done)


def _line(words: Sequence[str], count: int, *, end: bool) -> str:
    """Return the first words, with an ellipsis where the last line leaves others out."""
    return " ".join(words[:count]) + (f" {_ELLIPSIS}" if end and count < len(words) else "")


def thinned(names: Sequence[str], inches: float) -> tuple[list[int], list[str]]:
    """Return the positions along an axis that get a name, and the names: all, or every n-th.

    Args:
        names: one for each position, shortened.
        inches: the length of the axis; names lie across it, one above the other.
    """
    step = max(1, -(-len(names) * LINE // max(inches, LINE)))
    return list(range(0, len(names), int(step))), list(names[:: int(step)])
