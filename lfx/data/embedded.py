"""Files in a table's cells, such as images and sounds, and writing them to files."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.data.values import cell_text
from lfx.runtime.errors import shorten
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence

# First bytes of files of images and sounds; `....ftyp` is that of AVIF and HEIC.
_SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|BM|II[*+]\x00|MM\x00[*+]|RIFF....WEBP|....ftyp|\x00\x00\x00\x0cjP"
    rb"|P[1-6]\s|RIFF....WAVE|fLaC|OggS|ID3|\xff[\xf2\xf3\xfa\xfb]",
    re.DOTALL,
)
_DATA_URI = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]{16,64}")
# A file's name has at most 255 bytes, a path 4,096.
_LONGEST_NAME = 255
_LONGEST_PATH = 4096


def cell_file(value: Any, root: Path, what: str) -> str | bytes | None:
    """Return the file that a cell names (its path) or holds (its bytes); None where it is empty.

    Args:
        value: a path, the file's bytes, the same in base64 (with or without `data:...;base64,`), or
            a mapping of `bytes` and `path`, as the Hugging Face Hub stores images and sounds.
        root: the folder that paths are relative to.
        what: the name of the column, for messages.

    Raises:
        ValueError: there is no such file, or the cell holds something else.
    """
    if isinstance(value, dict):
        if not {"bytes", "path"} & set(value):
            raise ValueError(
                f"its {what} is a mapping of {shorten(', '.join(map(str, value)))}, "
                "not of bytes and path"
            )
        content = value.get("bytes")
        return cell_file(value.get("path") if content is None else content, root, what)
    if isinstance(value, bytes) and not _is_path(value, root):
        return value or None
    try:
        text = cell_text(value)
    except ValueError as error:
        raise ValueError(f"its {what} is {error}") from None
    if text is None:
        return None
    try:
        return str(_file(text, root, what))
    except ValueError:
        content = _from_base64(text, what)
        if content is None:
            raise
        return content


def names_file(value: Any, root: Path) -> bool:
    """Return whether a cell is the path of an existing file."""
    if isinstance(value, dict):
        value = value.get("path")
    if not isinstance(value, str) or len(value) > _LONGEST_PATH:
        return False
    try:
        return (root / value).is_file()
    except (OSError, ValueError):
        return False


def _is_path(value: bytes, root: Path) -> bool:
    """Return whether bytes are a file's path, since some tools store texts as bytes."""
    if len(value) > _LONGEST_PATH:
        return False
    try:
        return isinstance(_file(value.decode("utf-8"), root, ""), Path)
    except ValueError:
        return False


def _from_base64(text: str, what: str) -> bytes | None:
    """Decode base64; None where the text is not base64, such as a path."""
    start = _DATA_URI.match(text)
    coded = text[start.end() :] if start else text
    if start is None:
        head = _BASE64.match(coded)
        if head is None or not _SIGNATURE.match(_decode(head[0][: len(head[0]) // 4 * 4]) or b""):
            return None
    decoded = _decode(coded)
    if not decoded and start is None and len(coded) <= _LONGEST_NAME:
        return None
    if not decoded:
        raise ValueError(f"its {what} is damaged base64: {shorten(text, 40)}")
    return decoded


def _decode(coded: str) -> bytes | None:
    bare = "".join(coded.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _file(text: str, root: Path, what: str) -> Path:
    path = root / text
    try:
        if path.is_file():
            return path
    except OSError as error:  # such as a name that is too long or a folder without permission
        raise ValueError(f"there is no {what} {shorten(text)}: {error.strerror}") from None
    raise ValueError(f"there is no {what} {shorten(text)}")


def write_embedded(contents: Sequence[Path | bytes], folder: Path) -> list[Path]:
    """Write files that are bytes, and return the paths of all.

    Args:
        contents: (samples,) paths, or the files' bytes.
        folder: gets a file for each that is bytes, named by its SHA-256; existing files stay.

    Returns:
        (samples,) paths.
    """
    return [one if isinstance(one, Path) else _write(one, folder) for one in contents]


def _write(content: bytes, folder: Path) -> Path:
    name = hashlib.sha256(content).hexdigest()
    file = folder / name[:2] / name
    with suppress(OSError):
        if file.read_bytes() == content:
            return file
    with atomic_path(file) as part:
        part.write_bytes(content)
    return file
