"""Images in a table's cells, and writing them to files."""

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

# First bytes of image files; `....ftyp` is that of AVIF and HEIC.
_SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|BM|II[*+]\x00|MM\x00[*+]|RIFF....WEBP|....ftyp|\x00\x00\x00\x0cjP"
    rb"|P[1-6]\s",
    re.DOTALL,
)
_DATA_URI = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]{16,64}")
# A file's name has at most 255 bytes, a path 4,096.
_LONGEST_NAME = 255
_LONGEST_PATH = 4096


def cell_image(value: Any, root: Path) -> Path | bytes | None:
    """Return the image that a cell names (its path) or holds (its bytes); None where it is empty.

    Args:
        value: a path, the file's bytes, the same in base64 (with or without `data:...;base64,`), or
            a mapping of `bytes` and `path`, as the Hugging Face Hub stores images.
        root: the folder that paths are relative to.

    Raises:
        ValueError: there is no such file, or the cell holds something else.
    """
    if isinstance(value, dict):
        if not {"bytes", "path"} & set(value):
            raise ValueError(
                f"its image is a mapping of {shorten(', '.join(map(str, value)))}, "
                "not of bytes and path"
            )
        content = value.get("bytes")
        return cell_image(value.get("path") if content is None else content, root)
    if isinstance(value, bytes) and not _is_path(value, root):
        return value or None
    try:
        text = cell_text(value)
    except ValueError as error:
        raise ValueError(f"its image is {error}") from None
    if text is None:
        return None
    try:
        return _file(text, root)
    except ValueError:
        content = _from_base64(text)
        if content is None:
            raise
        return content


def _is_path(value: bytes, root: Path) -> bool:
    """Return whether bytes are a file's path, since some tools store texts as bytes."""
    if len(value) > _LONGEST_PATH:
        return False
    try:
        return isinstance(_file(value.decode("utf-8"), root), Path)
    except ValueError:
        return False


def _from_base64(text: str) -> bytes | None:
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
        raise ValueError(f"its image is damaged base64: {shorten(text, 40)}")
    return decoded


def _decode(coded: str) -> bytes | None:
    bare = "".join(coded.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _file(text: str, root: Path) -> Path:
    path = root / text
    try:
        if path.is_file():
            return path
    except OSError as error:  # such as a name that is too long or a folder without permission
        raise ValueError(f"there is no image {shorten(text)}: {error.strerror}") from None
    raise ValueError(f"there is no image {shorten(text)}")


def write_embedded(images: Sequence[Path | bytes], folder: Path) -> list[Path]:
    """Write images that are bytes into files, and return the paths of all images.

    Args:
        images: (samples,) paths, or the files' bytes.
        folder: gets a file for each image, named by its SHA-256; existing files stay.

    Returns:
        (samples,) paths.
    """
    return [image if isinstance(image, Path) else _write(image, folder) for image in images]


def _write(content: bytes, folder: Path) -> Path:
    name = hashlib.sha256(content).hexdigest()
    file = folder / name[:2] / name
    with suppress(OSError):
        if file.read_bytes() == content:
            return file
    with atomic_path(file) as part:
        part.write_bytes(content)
    return file
