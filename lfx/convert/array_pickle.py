"""Reading pickles of NumPy arrays and plain values, and of nothing else.

A pickle is a program: it names functions and calls them. Of those that NumPy's own pickles name,
this module has its own versions, which check what they are given; every other name is refused
before anything is imported. NumPy itself never sees a stranger's state.
"""

from __future__ import annotations

import math
import os
import pickle
import re
import struct
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from lfx.runtime.errors import DataError, in_one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Numbers, booleans, texts, bytes and objects, which are plain values here.
_KIND = re.compile(r"[fiub][0-9]{1,2}|[US][0-9]{1,9}|O8?|[?]")
_MOST_DIMENSIONS = 8


class RefusedError(pickle.UnpicklingError):
    """A pickle wants more than arrays and plain values."""


def read_pickle(file: Path) -> Any:
    """Read a pickle of lists, tuples, mappings, numbers, texts, bytes and NumPy arrays.

    Arrays share the memory of what was read from the file, and are read only.

    Args:
        file: in any protocol, written with NumPy 1 or 2.

    Returns:
        The content; each array is an `Array`.

    Raises:
        DataError: the file is missing, damaged, or holds something else; nothing of it was run.
    """
    try:
        with file.open("rb") as stream:
            return _ArrayUnpickler(_Bounded(stream)).load()
    except OSError as error:
        raise DataError(f"{file}: {error.strerror or type(error).__name__}") from error
    except RefusedError as error:
        raise DataError(f"{file} is refused: {error}; nothing of it was run") from error
    except Exception as error:  # each way of being damaged has its own
        reason = in_one_line(error)
        raise DataError(f"{file} is no whole pickle: {type(error).__name__}: {reason}") from error


class Array:
    """What a pickled array becomes, until its content is known."""

    values: npt.NDArray[Any]

    def __init__(self, values: npt.NDArray[Any] | None = None) -> None:
        if values is not None:
            self.values = values

    def __setstate__(self, state: object) -> None:
        """Take shape, type, order and content, as NumPy pickles them."""
        if not isinstance(state, tuple) or len(state) not in {4, 5}:
            raise RefusedError("the state of an array is no tuple")
        shape, kind, is_fortran, raw = state[-4:]
        self.values = _array(raw, kind, shape, "F" if is_fortran else "C")


class _Kind:
    """What a pickled type of numbers becomes."""

    def __init__(self, name: object, *_options: object) -> None:
        if not isinstance(name, str) or not _KIND.fullmatch(name):
            raise RefusedError(f"it holds arrays of {shorten(ascii(name))}")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: object) -> None:
        """Take the order of bytes; all other state is of structured types."""
        fields = state[2:5] if isinstance(state, tuple) else (state,)
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else None
        if fields != (None, None, None) or order not in {"<", ">", "|", "="}:
            raise RefusedError("it holds structured arrays")
        if order != "|":
            self.dtype = self.dtype.newbyteorder(order)


def _array(raw: Any, kind: object, shape: object, order: str) -> npt.NDArray[Any]:
    """Return an array over its raw content.

    Raises:
        RefusedError: content, type and shape do not fit each other.
    """
    is_shape = (
        isinstance(shape, tuple)
        and len(shape) <= _MOST_DIMENSIONS
        and all(isinstance(side, int) and side >= 0 for side in shape)
    )
    if not isinstance(kind, _Kind) or not isinstance(shape, tuple) or not is_shape:
        raise RefusedError("it holds an array without a type or a shape")
    count = math.prod(shape)
    if not kind.dtype.itemsize and count > 1:  # an empty text alone is pickled as U0
        raise RefusedError(f"it holds an array of {count} elements that have no size")
    if kind.dtype == object:
        if not isinstance(raw, list) or len(raw) != count:
            raise RefusedError("it holds an array of objects that is no list of them")
        flat: npt.NDArray[Any] = np.empty(count, dtype=object)
        flat[:] = raw
    else:
        raw = raw.encode("latin1") if isinstance(raw, str) else raw  # of Python 2
        wanted = count * kind.dtype.itemsize
        if not isinstance(raw, bytes) or len(raw) != wanted:
            raise RefusedError(f"it holds an array that has not the {wanted} bytes of its shape")
        flat = np.zeros(count, kind.dtype) if not wanted else np.frombuffer(raw, kind.dtype)
    return flat.reshape(shape[::-1]).T if order == "F" else flat.reshape(shape)


def _reconstruct(kind: object, *_empty: object) -> Array:
    """Stand for NumPy's function of this name, which makes an array that its state then fills."""
    if kind is not _NDARRAY:
        raise RefusedError("it holds a subclass of arrays")
    return Array()


def _from_buffer(raw: object, kind: object, shape: object, order: object) -> Array:
    """Stand for NumPy's `_frombuffer`, of protocol 5."""
    return Array(_array(raw, kind, shape, "F" if order == "F" else "C"))


def _scalar(kind: object, raw: object = b"") -> Any:
    """Stand for NumPy's `scalar`; it becomes a number of Python."""
    return _array(raw, kind, (1,), "C").tolist()[0]


def _encode(text: object, encoding: object = "") -> bytes:
    """Stand for `codecs.encode`, by which protocols before 3 write bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise RefusedError("it encodes texts in a way that arrays do not need")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """Stand for `bytes()`, by which protocols before 3 write an array without content."""
    return b""


# Stands for NumPy's class of arrays, which pickles name and never call.
_NDARRAY = object()
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    **{
        (f"numpy.{core}.{module}", name): function
        for core in ("core", "_core")  # of NumPy 1 and 2
        for module, name, function in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
}


class _Bounded:
    """A file that is never asked for more bytes than it has.

    Memory is taken for as many bytes as a pickle claims before they are read.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.size = os.fstat(stream.fileno()).st_size
        self.readline = stream.readline

    def read(self, count: int) -> bytes:
        """Read some bytes."""
        if not 0 <= count <= self.size:
            raise EOFError(f"it claims {count} bytes more, and has {self.size} in all")
        return self.stream.read(count)


# The one in C also takes memory for as many objects as a pickle claims to refer to.
class _ArrayUnpickler(pickle._Unpickler):  # noqa: SLF001
    """Unpickles what `_ALLOWED` names, and plain values."""

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)  # noqa: SLF001
    # Set while it reads.
    stack: list[Any]
    append: Callable[[Any], None]
    read: Callable[[int], bytes]

    def __init__(self, file: _Bounded) -> None:
        super().__init__(file, encoding="latin1", fix_imports=False)

    def find_class(self, module: str, name: str) -> Any:
        """Return this module's version of a function or a class."""
        allowed = _ALLOWED.get((module, name))
        if allowed is None:
            raise RefusedError(
                f"it names {shorten(ascii(f'{module}.{name}'))}, and arrays and plain values need "
                "no such thing"
            )
        return allowed

    def load_build(self) -> None:
        """Fill an array or a type with its state; of other objects it would set attributes."""
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, Array | _Kind):
            raise RefusedError(f"it changes a {type(target).__name__}")
        target.__setstate__(state)

    def load_bytearray8(self) -> None:
        """Read bytes, once; they need not be changed."""
        (size,) = struct.unpack("<Q", self.read(8))
        self.append(self.read(size))

    def load_refused(self) -> None:
        """Refuse to call classes in other ways, or to look for objects outside of the file."""
        raise RefusedError("it has an instruction that arrays and plain values do not need")

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8
    for _opcode in (
        *(pickle.INST, pickle.OBJ, pickle.NEWOBJ, pickle.NEWOBJ_EX),
        *(pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.PERSID, pickle.BINPERSID),
        *(pickle.NEXT_BUFFER, pickle.READONLY_BUFFER),
    ):
        dispatch[_opcode[0]] = load_refused
