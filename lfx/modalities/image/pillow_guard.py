"""Pillow's limit on the number of pixels, set to a limit of lfx."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Limit(int):
    """A limit beyond which Pillow refuses at once; it refuses at twice its limit otherwise."""

    __slots__ = ()

    def __rmul__(self, factor: int) -> int:
        return int(self)


_LOCK = Lock()
# The limits of the threads that are decoding, and Pillow's setting before them.
_ACTIVE: list[int] = []
_BEFORE: list[int | None] = []


@contextmanager
def pixel_limit(pixels: int) -> Iterator[None]:
    """Let Pillow open images of at most so many pixels; larger ones raise `DecompressionBombError`.

    Pillow's setting belongs to the process, so it is restored when the last thread is done. If
    threads have different limits, the largest holds; each thread still has to check its own.
    """
    from PIL import Image

    with _LOCK:
        if not _ACTIVE:
            _BEFORE[:] = [Image.MAX_IMAGE_PIXELS]
        _ACTIVE.append(pixels)
        Image.MAX_IMAGE_PIXELS = _Limit(max(_ACTIVE))
    try:
        yield
    finally:
        with _LOCK:
            _ACTIVE.remove(pixels)
            Image.MAX_IMAGE_PIXELS = _Limit(max(_ACTIVE)) if _ACTIVE else _BEFORE[0]
