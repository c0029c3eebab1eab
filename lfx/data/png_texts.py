"""PNG files without the notes in them that Pillow calls too large."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LENGTH_NAME_CHECKSUM = 12
# Notes in plain letters up to this length stay: how to turn the picture may stand in one.
_SHORT, _SHORT_TOGETHER = 64 * 1024, 1024 * 1024


def without_texts(content: bytes) -> bytes:
    """Leave out a PNG's compressed notes, its long ones and its colour profile.

    Pillow refuses a whole picture for a note of more than 1 MB (or many of 64 MB together), as a
    few bytes can unpack to gigabytes. Nothing in lfx reads them, so they are not unpacked at all.

    Args:
        content: of any file.

    Returns:
        The content itself where it is no PNG, or has no such notes.
    """
    if not content.startswith(_SIGNATURE):
        return content
    kept: list[bytes | memoryview] = [_SIGNATURE]
    short, dropped = 0, False
    for name, chunk in _chunks(content):
        is_short = len(chunk) <= _SHORT and short + len(chunk) <= _SHORT_TOGETHER
        is_note = name in {b"tEXt", b"iTXt"}
        if name in {b"zTXt", b"iCCP"} or (is_note and not (is_short and _is_plain(name, chunk))):
            dropped = True
            continue
        short += len(chunk) if is_note else 0
        kept.append(chunk)
    return b"".join(kept) if dropped else content


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Give each chunk's name and all of its bytes; what is cut off or no chunk comes as it is."""
    view, place = memoryview(content), len(_SIGNATURE)
    while place + _LENGTH_NAME_CHECKSUM <= len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        end = place + _LENGTH_NAME_CHECKSUM + length
        if end > len(content):
            break
        yield name, view[place:end]
        place = end
    yield b"", view[place:]


def _is_plain(name: bytes, chunk: memoryview) -> bool:
    """Say whether a note is not compressed."""
    if name == b"tEXt":
        return True
    _, _, rest = bytes(chunk[8:]).partition(b"\0")
    return rest[:1] == b"\0"
