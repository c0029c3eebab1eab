"""Reading `.npy` and `.npz` files that are not trusted.

No pickle is read, and what a header claims is compared with what the file has before memory is
taken for it.
"""

from __future__ import annotations

import math
import os
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lfx.runtime.errors import in_one_line, name_some, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

FORMATS = (".npy", ".npz")
_ENDING = ".npy"
# What a compressed array may become: so many bytes, or so many times its size in the file.
_MOST_UNPACKED = 2**28
_MOST_EXPANSION = 100
# Numbers, and texts for ids; all others are refused.
_READ = "fiuUS"
_KINDS = {
    "b": "booleans",
    "c": "complex numbers",
    "m": "durations",
    "M": "times",
    "O": "Python objects",
    "S": "bytes",
    "U": "texts",
    "V": "structured rows",
}

Stored = npt.NDArray[Any]


@contextmanager
def open_arrays(file: Path) -> Iterator[Mapping[str, Callable[[], Stored]]]:
    """Open a file of arrays.

    Args:
        file: `.npy`, or `.npz`.

    Yields:
        Name → what reads the array of this name.

    Raises:
        ValueError: the file is missing, damaged, or another kind; also while an array is read.
    """
    kind = file.suffix.lower()
    if kind not in FORMATS:
        raise ValueError(f"it ends in {shorten(kind) or 'nothing'}, allowed: {', '.join(FORMATS)}")
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if kind == ".npy":
                yield {file.stem: partial(read_npy, stream, size)}
                return
            with zipfile.ZipFile(stream) as archive:
                entries = archive.infolist()
                _require_honest(entries, size)
                yield {
                    entry.filename.removesuffix(_ENDING): partial(_read_entry, archive, entry)
                    for entry in entries
                }
    except OSError as error:
        raise ValueError(error.strerror or type(error).__name__) from error
    # RuntimeError: an entry is encrypted; NotImplementedError: or compressed in a way of its own.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ValueError(f"it is not a whole .npz: {in_one_line(error)}") from error


def read_npy(stream: IO[bytes], size: int) -> Stored:
    """Read an array of numbers or texts, as NumPy writes it.

    Args:
        stream: at the header's first byte.
        size: bytes that the stream has.

    Returns:
        The array, read only.

    Raises:
        ValueError: it is damaged, cut off, or of another type.
    """
    shape, is_fortran, kind = _read_header(stream)
    if kind.kind not in _READ:
        raise no_numbers(kind)
    wanted = math.prod(shape) * kind.itemsize
    left = size - stream.tell()
    if not all(isinstance(side, int) and side >= 0 for side in shape) or wanted > left:
        raise ValueError(
            f"its header claims {shorten(kind)} of shape {shorten(shape)}, {shorten(wanted)} "
            f"bytes, and {left} follow"
        )
    raw = stream.read(wanted)
    if len(raw) < wanted:
        raise ValueError(f"it is cut off after {len(raw)} of {wanted} bytes")
    if kind.itemsize == 0:  # texts without a character
        return np.zeros(shape, kind)
    flat: Stored = np.frombuffer(raw, kind)
    return flat.reshape(shape[::-1]).T if is_fortran else flat.reshape(shape)


def no_numbers(kind: np.dtype[Any]) -> ValueError:
    """Return the error that an array of another type than numbers is refused by."""
    what = _KINDS.get(kind.kind, shorten(kind))
    return ValueError(f"it holds {what}, allowed: integers and floating-point numbers")


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    # Version 3 differs in names of fields alone, which no array of numbers has.
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        read = readers[np.lib.format.read_magic(stream)]
        with warnings.catch_warnings(action="ignore"):  # of files that Python 2 wrote
            header: tuple[tuple[int, ...], bool, np.dtype[Any]] = read(stream)
    except ValueError as error:
        raise ValueError(f"it does not begin as an .npy does: {in_one_line(error)}") from error
    except Exception as error:  # the header is parsed as Python, and each mistake has its own
        raise ValueError(f"its header is damaged: {type(error).__name__}") from error
    return header


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Stored:
    try:
        with archive.open(entry) as stream:
            return read_npy(stream, entry.file_size)
    except ValueError as error:
        name = shorten(entry.filename.removesuffix(_ENDING))
        raise ValueError(f"its array {name}: {error}") from error


def _require_honest(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Refuse an archive whose entries cannot all be in the file, or would fill the memory.

    Args:
        entries: of the archive.
        size: of the file in bytes.
    """
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise ValueError("two of its arrays have one name")
    others = [name for name in names if not name.endswith(_ENDING)]
    if others:
        raise ValueError(f"it holds something else than arrays: {name_some(others, most=3)}")
    if sum(entry.compress_size for entry in entries) > size:
        raise ValueError("its arrays are larger than the file")
    for entry in entries:
        if entry.file_size > max(_MOST_UNPACKED, _MOST_EXPANSION * entry.compress_size):
            raise ValueError(
                f"its array {shorten(entry.filename.removesuffix(_ENDING))} has {entry.file_size} "
                f"bytes in {entry.compress_size} compressed ones; save it without compression "
                "(numpy.savez)"
            )
