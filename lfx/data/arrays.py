"""Numbers of samples from `.npy` and `.npz` files: vectors or sequences, as float32."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lfx.data.npy import no_numbers, open_arrays
from lfx.runtime.errors import DataError, name_some, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Numbers = npt.NDArray[np.float32]
# Numbers by id, and the problems of those that cannot be used.
_ById = tuple[dict[str, Numbers | None], dict[str, str]]

_ID = "id"
SHAPES = "(features,) or (time, features)"
# Of a sample's array.
_MOST_DIMENSIONS = 2


def read_array_file(file: Path) -> Numbers:
    """Read one sample's numbers.

    Args:
        file: `.npy`, or `.npz` with exactly one array.

    Returns:
        (features,) or (time, features), neither of them 0.

    Raises:
        ValueError: the file is missing, damaged, or holds something else; the message says what.
    """
    with open_arrays(file) as arrays:
        if len(arrays) != 1:
            raise ValueError(f"it holds {len(arrays)} arrays, allowed: one; {name_some(arrays)}")
        (read,) = arrays.values()
        numbers = sample_numbers(read())
    if numbers is None:
        raise ValueError("it holds an array without numbers")
    return numbers


def read_array_table(file: Path, ids: Sequence[str]) -> tuple[list[Numbers | None], dict[int, str]]:
    """Read the numbers of all samples from one file.

    Args:
        file: `.npz` whose keys are ids, or that holds an array `id` and another one, row by row; or
            `.npy` with a row for each of `ids`, in their order. A row is a number, a vector, or a
            sequence (time, features); sequences in one array have one length, and what pads them
            counts as content.
        ids: (samples,) of the samples.

    Returns:
        (samples,) (features,) or (time, features) each, None where the file has none; and position
        → problem of each sample with a number too large for float32, which has None too.

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    try:
        with open_arrays(file) as arrays:
            if file.suffix.lower() == ".npy":
                (read,) = arrays.values()
                return _rows(read(), len(ids), "samples")
            is_table = arrays.keys() > {_ID} and len(arrays) == len((_ID, "numbers"))
            by_id, flaws = (
                _by_id(arrays) if is_table and _ID not in ids else _by_key(arrays, set(ids))
            )
            known = list(by_id) or list(arrays)
    except ValueError as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    if ids and by_id.keys().isdisjoint(ids):
        raise DataError(
            f"{file} has numbers of none of the samples; it has {name_some(known, most=3)}, and "
            f"the samples are {name_some(ids, most=3)}"
        )
    of_rows = {row: flaws[name] for row, name in enumerate(ids) if name in flaws}
    return [by_id.get(name) for name in ids], of_rows


def _by_key(arrays: Mapping[str, Callable[[], npt.NDArray[Any]]], ids: set[str]) -> _ById:
    by_id: dict[str, Numbers | None] = {}
    flaws = {}
    for name in arrays.keys() & ids:
        try:
            by_id[name] = sample_numbers(arrays[name]())
        except TooLargeError as error:
            by_id[name] = None
            flaws[name] = str(error)
        except ValueError as error:
            raise ValueError(f"sample {shorten(name)}: {error}") from error
    return by_id, flaws


def _by_id(arrays: Mapping[str, Callable[[], npt.NDArray[Any]]]) -> _ById:
    (name,) = arrays.keys() - {_ID}
    stored = arrays[_ID]()
    if stored.ndim != 1 or stored.dtype.kind not in "UiuS":
        raise ValueError(
            f"its array id is {shorten(stored.dtype)} of shape {stored.shape}, allowed: texts or "
            "integers, (samples,)"
        )
    try:
        ids = [one.decode() if isinstance(one, bytes) else str(one) for one in stored.tolist()]
    except ValueError as error:
        raise ValueError("its array id holds texts that are not Unicode") from error
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise ValueError(f"its array id holds some ids more than once: {name_some(twice, most=3)}")
    rows, flaws = _rows(arrays[name](), len(ids), "ids")
    return dict(zip(ids, rows, strict=True)), {ids[row]: flaw for row, flaw in flaws.items()}


def _rows(
    stored: npt.NDArray[Any], count: int, what: str
) -> tuple[list[Numbers | None], dict[int, str]]:
    """Return an array's rows, which have to be as many as there are `what`, and their flaws."""
    if stored.ndim not in range(1, 2 + _MOST_DIMENSIONS):
        raise ValueError(
            f"it has the shape {stored.shape}, allowed: (samples,), (samples, features) or "
            "(samples, time, features)"
        )
    if len(stored) != count:
        raise ValueError(f"it has {len(stored)} rows, and there are {count} {what}")
    numbers, too_large = to_float32(stored)
    if numbers.size == 0:
        return [None] * count, {}
    rows: list[Numbers | None] = list(numbers[:, None] if numbers.ndim == 1 else numbers)
    flaws = {}
    if too_large is not None:
        for row in np.flatnonzero(too_large.reshape(count, -1).any(axis=1)):
            rows[row] = None
            flaws[int(row)] = str(TooLargeError(stored[row][too_large[row]].flat[0]))
    return rows, flaws


def sample_numbers(array: npt.NDArray[Any]) -> Numbers | None:
    """Return a sample's array as float32; None where it is empty.

    Raises:
        ValueError: it has another shape than a vector or a sequence, or holds something else.
    """
    if array.ndim not in range(1, 1 + _MOST_DIMENSIONS):
        raise ValueError(f"it has the shape {array.shape}, allowed: {SHAPES}")
    numbers = to_numbers(array)
    return numbers if numbers.size else None


class TooLargeError(ValueError):
    """A number is finite, and too large for float32."""

    def __init__(self, number: Any) -> None:
        super().__init__(f"it holds {number}, allowed: numbers up to 3.4e38 (float32)")


def to_numbers(array: npt.NDArray[Any]) -> Numbers:
    """Return an array of any real numbers as float32; NaN and infinities stay.

    Raises:
        ValueError: it holds something else.
        TooLargeError: it holds numbers too large for float32.
    """
    numbers, too_large = to_float32(array)
    if too_large is not None:
        raise TooLargeError(array[too_large][0])
    return numbers


def to_float32(array: npt.NDArray[Any]) -> tuple[Numbers, npt.NDArray[np.bool_] | None]:
    """Return an array of any real numbers as float32, and which of them are too large for that.

    Returns:
        The numbers, infinite where they are too large; a mask of these, None if there are none.

    Raises:
        ValueError: it holds something else.
    """
    if array.dtype.kind not in "fiu":
        raise no_numbers(array.dtype)
    with np.errstate(over="ignore"):
        numbers = np.asarray(array, dtype=np.float32)
    if array.dtype.itemsize <= numbers.dtype.itemsize or array.dtype.kind != "f":
        return numbers, None
    too_large = np.asarray(np.isinf(numbers) & np.isfinite(array))
    return numbers, too_large if too_large.any() else None
