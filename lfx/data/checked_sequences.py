"""Sequences of different lengths in one file with a checksum, mapped into memory."""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import FileIO
    from pathlib import Path
    from typing import BinaryIO


# The end of a file: where each sequence starts, these letters, and a checksum of all before it.
# Readers of .npy files stop before it.
_ENDING = struct.Struct("<4sI")
_MAGIC = b"lfxS"
_NUMBER = np.dtype("<f4")
_START = np.dtype("<i8")
_BLOCK = 2**20  # bytes that are read at a time

# Files that this process has checked: each job of a sweep reads them.
_CHECKED: set[tuple[str, int, int, int]] = set()


@dataclass(frozen=True)
class Sequences:
    """Sequences of numbers, one after the other.

    Attributes:
        values: (all numbers,) float32, mapped from a file and read only.
        starts: (sequences + 1,) sequence i is `values[starts[i]:starts[i + 1]]`.
    """

    values: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]

    def __getitem__(self, index: int) -> npt.NDArray[np.float32]:
        return self.values[self.starts[index] : self.starts[index + 1]]

    def __len__(self) -> int:
        return len(self.starts) - 1


def write_sequences(file: Path, sequences: Iterable[npt.NDArray[np.float32]]) -> None:
    """Write sequences one after the other as they come, atomically.

    The file is a one-dimensional .npy array for other readers. Nothing is written through a memory
    map, which kills the process without a message on a full disk.

    Args:
        file: the file.
        sequences: each (numbers,) float32; only one is held at a time.

    Raises:
        OSError: the disk is full or cannot be written to.
    """
    starts, checksum = [0], 0
    with atomic_path(file) as part, part.open("wb", buffering=0) as stream:
        _write(stream, _header(0), part)
        for sequence in sequences:
            content = np.ascontiguousarray(sequence, dtype=_NUMBER).tobytes()
            _write(stream, content, part)
            checksum = zlib.crc32(content, checksum)
            starts.append(starts[-1] + len(sequence))
        header, index = _header(starts[-1]), np.array(starts, dtype=_START).tobytes()
        checksum = zlib.crc32(header, zlib.crc32(index, checksum))
        _write(stream, index + _ENDING.pack(_MAGIC, checksum), part)
        stream.seek(0)
        _write(stream, header, part)


def read_sequences(file: Path, count: int) -> Sequences:
    """Map sequences that `write_sequences` has written; a process checks a file once.

    Args:
        file: the file.
        count: the required number of sequences.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or another kind of file.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        stat = os.fstat(stream.fileno())
        first = len(_header(0))
        index_size = (count + 1) * _START.itemsize
        numbers, rest = divmod(stat.st_size - first - index_size - _ENDING.size, _NUMBER.itemsize)
        if numbers < 0 or rest:
            raise ValueError(f"it has {stat.st_size} bytes, which is not the size of such a file")
        stream.seek(first + numbers * _NUMBER.itemsize)
        starts = np.frombuffer(stream.read(index_size), dtype=_START).astype(np.int64)
        if starts[0] != 0 or starts[-1] != numbers or (np.diff(starts) < 0).any():
            raise ValueError("its index does not match its size")
        known = (str(file.resolve()), stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if known not in _CHECKED:
            _check(stream, first, numbers, index_size)
            _CHECKED.add(known)
        if numbers == 0:  # an empty file cannot be mapped
            return Sequences(np.empty(0, dtype=np.float32), starts)
        return Sequences(np.asarray(np.memmap(stream, _NUMBER, "r", first, (numbers,))), starts)


def _check(stream: BinaryIO, first: int, numbers: int, index_size: int) -> None:
    """Compare header and checksum with the content."""
    stream.seek(0)
    header = stream.read(first)
    if header != _header(numbers):
        raise ValueError("its header is not that of these sequences")
    checksum, left = 0, numbers * _NUMBER.itemsize + index_size
    while left:
        block = stream.read(min(left, _BLOCK))
        if not block:
            raise ValueError("it ends too early")
        checksum = zlib.crc32(block, checksum)
        left -= len(block)
    if stream.read() != _ENDING.pack(_MAGIC, zlib.crc32(header, checksum)):
        raise ValueError("its checksum does not match its content")


def _header(numbers: int) -> bytes:
    """Return the header of a .npy file, which has the same length for any number of numbers."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": _NUMBER.str, "fortran_order": False, "shape": (numbers,)}
    )
    return stream.getvalue()


def _write(stream: FileIO, content: bytes, file: Path) -> None:
    """Write all bytes; the system may write only a part at a time."""
    rest = memoryview(content)
    while rest:
        try:
            written = stream.write(rest)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(file)) from error
        rest = rest[written:]
