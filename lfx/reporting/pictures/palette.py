"""Colours of pictures, and what tells things apart without them: hatches, markers, dashes."""

from __future__ import annotations

# The palette of Okabe and Ito, which is suitable for colour-blind readers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "+++", "ooo", "---")
_MARKERS = "osD^vP*X"
_DASHES = ("--", ":", "-.", (0, (6, 1.5)))


def colour(index: int) -> str:
    """Return the colour of the n-th of several things."""
    return COLOURS[index % len(COLOURS)]


def hatch(index: int) -> str:
    """Return the hatch of the n-th of several areas; the first has none."""
    return _HATCHES[index % len(_HATCHES)]


def marker(index: int) -> str:
    """Return the marker of the n-th of several things; of 64, none has another's and its colour.

    Example:
        >>> len({(colour(index), marker(index)) for index in range(64)})
        64
    """
    return _MARKERS[(index + index // len(COLOURS)) % len(_MARKERS)]


def dashes(index: int) -> object:
    """Return the dashes of the n-th of several dashed lines."""
    return _DASHES[index % len(_DASHES)]
