"""Removing the text chunks of PNG files that Pillow refuses as too large."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LENGTH_NAME_CHECKSUM = 12
_LONGEST_KEYWORD = 79
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
# Uncompressed texts up to this length stay; the second number limits their sum. In bytes.
_SHORT, _MOST_SHORT = 64 * 1024, 1024 * 1024
# Texts with the image's orientation stay up to this length, compressed or not: Pillow reads them,
# and refuses images with texts of more than 1024 * 1024 bytes.
_ORIENTATION = {b"Raw profile type exif", b"XML:com.adobe.xmp"}
_LONGEST_ORIENTATION, _MOST_ORIENTATION = 1_000_000, 4_000_000


def without_texts(content: bytes) -> bytes:
    """Return a PNG file without compressed texts, long texts and its colour profile.

    Pillow refuses an image for one text of more than 1 MB (or many of 64 MB together), since a few
    bytes can unpack to gigabytes. lfx does not read these texts, so they are not unpacked at all.
    Texts with the image's orientation stay if they are undamaged and unpack to at most 1 MB.

    Args:
        content: of any file.

    Returns:
        The content; unchanged if it is not a PNG or has no such texts.
    """
    if not content.startswith(_SIGNATURE):
        return content
    kept: list[bytes | memoryview] = [_SIGNATURE]
    short, orientation, dropped = 0, 0, False
    for name, chunk in _chunks(content):
        is_plain = name == b"tEXt" or (name == b"iTXt" and _is_plain(chunk))
        if name not in {*_TEXTS, b"iCCP"}:
            kept.append(chunk)
        elif is_plain and len(chunk) <= _SHORT and short + len(chunk) <= _MOST_SHORT:
            short += len(chunk)
            kept.append(chunk)
        elif orientation < _MOST_ORIENTATION and _keyword(chunk) in _ORIENTATION:
            length = _unpacked_length(name, chunk)
            orientation += _LONGEST_ORIENTATION if length is None else length
            if length is None:
                dropped = True
            else:
                kept.append(chunk)
        else:
            dropped = True
    return b"".join(kept) if dropped else content


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield each chunk's name and bytes; an incomplete rest has an empty name."""
    view, start = memoryview(content), len(_SIGNATURE)
    while start + _LENGTH_NAME_CHECKSUM <= len(content):
        length, name = struct.unpack_from(">I4s", content, start)
        end = start + _LENGTH_NAME_CHECKSUM + length
        if end > len(content):
            break
        yield name, view[start:end]
        start = end
    yield b"", view[start:]


def _is_plain(chunk: memoryview) -> bool:
    """Return whether a text of kind iTXt is not compressed."""
    _, _, rest = bytes(chunk[8:]).partition(b"\0")
    return rest[:1] == b"\0"


def _keyword(chunk: memoryview) -> bytes:
    """Return a text's keyword."""
    return bytes(chunk[8 : 8 + _LONGEST_KEYWORD + 1]).partition(b"\0")[0]


def _unpacked_length(name: bytes, chunk: memoryview) -> int | None:
    """Return a text's unpacked length in bytes; None if it is damaged or longer than allowed.

    Pillow refuses an image with a damaged text, and reads the image without it.
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
    return len(rest) if len(rest) <= _LONGEST_ORIENTATION else None


def _length_of_packed(method_and_data: bytes) -> int | None:
    if method_and_data[:1] != b"\0":
        return None
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(method_and_data[1:], _LONGEST_ORIENTATION)
    except zlib.error:
        return None
    return len(unpacked) if unpacker.eof else None
