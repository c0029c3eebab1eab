"""Arrays in a file with a checksum, mapped into memory."""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy.typing as npt

# The end of a file: these letters, and a checksum of header and rows. Readers of .npy files stop
# before it.
_ENDING = struct.Struct("<4sI")
_MAGIC = b"lfxC"

# Errors of file systems that cannot reserve space.
_CANNOT_RESERVE = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}

# Files that this process has checked: each job of a sweep reads them.
_CHECKED: set[tuple[str, int, int, int]] = set()


def write_array(
    file: Path,
    shape: tuple[int, ...],
    row: Callable[[int], npt.NDArray[np.uint8]],
    each: Callable[[Callable[[int], int]], Iterable[int]],
) -> None:
    """Write a uint8 array row by row, atomically.

    The space is reserved before the first row is made. Nothing is written through a memory map,
    which kills the process without a message on a full disk.

    Args:
        file: the file.
        shape: of the array.
        row: makes a row; several threads may call it.
        each: applies a function to the numbers of all rows and yields the results in order.

    Raises:
        OSError: the disk is full or cannot be written to.
    """
    header = _header(shape)
    size = _row_size(shape)
    with atomic_path(file) as part:
        handle = os.open(part, os.O_WRONLY)
        try:
            _reserve(handle, len(header) + shape[0] * size + _ENDING.size, part)

            def make(number: int) -> int:
                content = row(number).tobytes()
                _write(handle, content, len(header) + number * size, part)
                return zlib.crc32(content)

            ending = _ENDING.pack(_MAGIC, _checksum(header, each(make)))
            _write(handle, header, 0, part)
            _write(handle, ending, len(header) + shape[0] * size, part)
        finally:
            os.close(handle)


def read_array(file: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Map an array that `write_array` has written; a process checks a file once.

    Args:
        file: the file.
        shape: the required shape.

    Returns:
        The array, read only.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or another kind of file.
        OSError: it cannot be read.
    """
    header, size = _header(shape), _row_size(shape)
    with file.open("rb") as stream:
        stat = os.fstat(stream.fileno())
        known = (str(file.resolve()), stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if known not in _CHECKED:
            expected = len(header) + shape[0] * size + _ENDING.size
            if stat.st_size != expected:
                raise ValueError(f"it has {stat.st_size} bytes instead of {expected}")
            if stream.read(len(header)) != header:
                raise ValueError("its header is not that of this array")
            checksum = _checksum(header, _row_checksums(stream, shape[0], size))
            if stream.read(_ENDING.size) != _ENDING.pack(_MAGIC, checksum):
                raise ValueError("its checksum does not match its content")
            _CHECKED.add(known)
        return np.memmap(stream, np.uint8, "r", len(header), shape)


def _header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def _row_size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape[1:], dtype=np.int64))


def _row_checksums(stream: io.BufferedReader, rows: int, size: int) -> Iterable[int]:
    buffer = memoryview(bytearray(size))
    for _ in range(rows):
        stream.readinto(buffer)
        yield zlib.crc32(buffer)


def _checksum(header: bytes, checksums: Iterable[int]) -> int:
    """Return one checksum of the header's bytes and the rows' checksums."""
    total = zlib.crc32(header)
    for checksum in checksums:
        total = zlib.crc32(struct.pack("<I", checksum), total)
    return total


def _reserve(handle: int, size: int, file: Path) -> None:
    if not hasattr(os, "posix_fallocate"):  # macOS
        return
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        if error.errno not in _CANNOT_RESERVE:
            raise OSError(error.errno, error.strerror, str(file)) from error


def _write(handle: int, content: bytes, offset: int, file: Path) -> None:
    """Write all bytes; the system may write only a part at a time."""
    rest = memoryview(content)
    while rest:
        try:
            written = os.pwrite(handle, rest, offset)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(file)) from error
        rest, offset = rest[written:], offset + written
