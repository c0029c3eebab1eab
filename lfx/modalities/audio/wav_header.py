"""What a WAV file's header promises: libsndfile reads a file that is cut off without a word."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK = 8  # bytes: a name and a size
_FORMS = {b"RIFF": "<I", b"RIFX": ">I"}
# What programs write that do not know the size beforehand, such as into a pipe, is this or more.
_UNKNOWN = 0x7FFF_0000
_MOST_CHUNKS = 1_000


def wav_share(stream: BinaryIO) -> float:
    """Return which share of the bytes of sound that a WAV header promises is in the file.

    Args:
        stream: an open file of any kind; its position changes.

    Returns:
        A number in 0..1; 1 for other files and where the header promises nothing.
    """
    length = stream.seek(0, 2)
    stream.seek(0)
    start = stream.read(12)
    if start[:4] not in _FORMS or start[8:12] != b"WAVE":
        return 1.0
    position = len(start)
    for _ in range(_MOST_CHUNKS):
        stream.seek(position)
        chunk = stream.read(_CHUNK)
        if len(chunk) < _CHUNK:
            return 1.0
        (size,) = struct.unpack(_FORMS[start[:4]], chunk[4:])
        position += _CHUNK
        if chunk[:4] == b"data":
            present = length - position
            return 1.0 if size == 0 or size >= _UNKNOWN else min(1.0, present / size)
        position += size + size % 2
    return 1.0
