"""PNG files without the notes in them that Pillow calls too large."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LENGTH_NAME_CHECKSUM = 12
_LONGEST_KEYWORD = 79
_NOTES = {b"tEXt", b"zTXt", b"iTXt"}
# Notes in plain letters up to this length stay.
_SHORT, _SHORT_TOGETHER = 64 * 1024, 1024 * 1024
# Notes that say how to turn the picture stay up to this length, also compressed ones: Pillow reads
# them, and refuses pictures with notes of more than 1024 * 1024 bytes.
_TURNING = {b"Raw profile type exif", b"XML:com.adobe.xmp"}
_LONGEST_TURNING, _TURNING_TOGETHER = 1_000_000, 4_000_000


def without_texts(content: bytes) -> bytes:
    """Leave out a PNG's compressed notes, its long ones and its colour profile.

    Pillow refuses a whole picture for a note of more than 1 MB (or many of 64 MB together), as a
    few bytes can unpack to gigabytes. Nothing in lfx reads them, so they are not unpacked at all.
    Notes that say how to turn the picture stay, where they are whole and unpack to 1 MB at most.

    Args:
        content: of any file.

    Returns:
        The content itself where it is no PNG, or has no such notes.
    """
    if not content.startswith(_SIGNATURE):
        return content
    kept: list[bytes | memoryview] = [_SIGNATURE]
    short, turning, dropped = 0, 0, False
    for name, chunk in _chunks(content):
        is_plain = name == b"tEXt" or (name == b"iTXt" and _is_plain(chunk))
        if name not in {*_NOTES, b"iCCP"}:
            kept.append(chunk)
        elif is_plain and len(chunk) <= _SHORT and short + len(chunk) <= _SHORT_TOGETHER:
            short += len(chunk)
            kept.append(chunk)
        elif turning < _TURNING_TOGETHER and _keyword(chunk) in _TURNING:
            length = _unpacked_length(name, chunk)
            turning += _LONGEST_TURNING if length is None else length
            if length is None:
                dropped = True
            else:
                kept.append(chunk)
        else:
            dropped = True
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


def _is_plain(chunk: memoryview) -> bool:
    """Say whether a note of the kind iTXt is not compressed."""
    _, _, rest = bytes(chunk[8:]).partition(b"\0")
    return rest[:1] == b"\0"


def _keyword(chunk: memoryview) -> bytes:
    """Return what a note is called."""
    return bytes(chunk[8 : 8 + _LONGEST_KEYWORD + 1]).partition(b"\0")[0]


def _unpacked_length(name: bytes, chunk: memoryview) -> int | None:
    """Return how many bytes a note holds; None where it is damaged, or longer than allowed.

    Pillow refuses a picture for a damaged note; without it the picture is whole.
    """
    (checksum,) = struct.unpack(">I", chunk[-4:])
    if zlib.crc32(chunk[4:-4]) != checksum:
        return None
    _, _, rest = bytes(chunk[8:-4]).partition(b"\0")
    is_packed = name == b"zTXt"
    if name == b"iTXt":  # compressed?, method, language, translated keyword
        is_packed, rest = rest[:1] != b"\0", rest[1:2] + rest[2:].split(b"\0", 2)[-1]
    if is_packed:
        return _length_of_packed(rest)
    return len(rest) if len(rest) <= _LONGEST_TURNING else None


def _length_of_packed(method_and_data: bytes) -> int | None:
    if method_and_data[:1] != b"\0":
        return None
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(method_and_data[1:], _LONGEST_TURNING)
    except zlib.error:
        return None
    return len(unpacked) if unpacker.eof else None
