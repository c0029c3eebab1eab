"""Pillow's guard against pictures that would fill the memory, at a limit of our own."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Pillow refuses unless it is told otherwise.
MOST_PIXELS = 178_956_970


class _Limit(int):
    """Pillow warns from its setting on and refuses from twice that; this is refused at once."""

    __slots__ = ()

    def __rmul__(self, factor: int) -> int:
        return int(self)


_LOCK = Lock()
# The limits of those that are decoding, in several threads, and Pillow's own setting meanwhile.
_ACTIVE: list[int] = []
_PILLOWS: list[int | None] = []


@contextmanager
def at_most(pixels: int) -> Iterator[None]:
    """Let Pillow open pictures of so many pixels, and raise `DecompressionBombError` beyond.

    Its setting is one for the whole process, so it is put back when the last thread is done. Where
    threads want different limits the largest holds; each still has to check its own.
    """
    from PIL import Image

    with _LOCK:
        if not _ACTIVE:
            _PILLOWS[:] = [Image.MAX_IMAGE_PIXELS]
        _ACTIVE.append(pixels)
        Image.MAX_IMAGE_PIXELS = _Limit(max(_ACTIVE))
    try:
        yield
    finally:
        with _LOCK:
            _ACTIVE.remove(pixels)
            Image.MAX_IMAGE_PIXELS = _Limit(max(_ACTIVE)) if _ACTIVE else _PILLOWS[0]
