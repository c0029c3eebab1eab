"""Numbers of all samples from an Arrow column of lists, without a Python object for each number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lfx.data.arrays import SHAPES, Numbers, TooLargeError, to_float32

# Of lists in each other: a sequence is a list of lists.
MOST_DEPTH = 2

_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lists:
    """Numbers of samples, one after the other.

    Attributes:
        values: (all steps, features) those of the first sample, of the second, and so on.
        starts: (samples + 1,) sample i has `values[starts[i]:starts[i + 1]]`; if that is empty, it
            has none.
        flaws: row → why its numbers cannot be used.
    """

    values: Numbers
    starts: _Integers
    flaws: dict[int, str]


def is_list(kind: pa.DataType) -> bool:
    """Return whether a type is one of Arrow's lists."""
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def read_lists(column: pa.Array | pa.ChunkedArray) -> Lists:
    """Read a column of vectors, lists of numbers, or of sequences, lists of such lists.

    A row that is null or empty, or whose steps all are, has no numbers. One that has another number
    of features than most, a null among its numbers, or one too large for float32, is flawed.

    Raises:
        ValueError: the column is of another type.

    Example:
        >>> lists = read_lists(pa.array([[1.0, 2.0], None, [3.0, 4.0]]))
        >>> lists.values.tolist(), lists.starts.tolist()
        ([[1.0, 2.0], [3.0, 4.0]], [0, 1, 1, 2])
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    inner = kind.value_type if is_list(kind) else None
    if inner is not None and is_list(inner):
        counts, rows = _lengths(column), column.flatten()
    else:  # of each vector one step
        counts, rows = (_lengths(column) > 0).astype(np.int64), column
        rows = rows.filter(pa.array(counts > 0)) if inner is not None else rows
    if not is_list(rows.type) or not _is_number(rows.type.value_type):
        raise ValueError(f"it is a column of {kind}, allowed: lists of numbers, {SHAPES}")
    widths, numbers = _lengths(rows), rows.flatten()
    of_step = np.repeat(np.arange(len(counts)), counts)
    is_filled = np.bincount(of_step, weights=widths, minlength=len(counts)) > 0
    width = int(np.bincount(widths[widths > 0]).argmax()) if is_filled.any() else 0
    flaws = {
        int(of_step[step]): f"it has {widths[step]} features, and others have {width}"
        for step in np.flatnonzero((widths != width) & is_filled[of_step])[::-1]
    }
    if numbers.null_count:
        of_number = np.repeat(of_step, widths)
        empty = np.asarray(numbers.is_null())
        flaws |= {int(row): "it has a null among its numbers" for row in of_number[empty]}
    stored = numbers.to_numpy(zero_copy_only=False)
    values, too_large = to_float32(stored)
    if too_large is not None:
        of_number = np.repeat(of_step, widths)[too_large]
        rows_of, firsts = np.unique(of_number, return_index=True)
        shown = stored[too_large][firsts]
        flaws |= {
            int(row): str(TooLargeError(number)) for row, number in zip(rows_of, shown, strict=True)
        }
    is_kept = is_filled
    is_kept[list(flaws)] = False
    kept_steps = is_kept[of_step]
    values = values[np.repeat(kept_steps, widths)] if flaws else values
    lengths = np.bincount(of_step[kept_steps], minlength=len(counts))
    return Lists(
        values.reshape(int(lengths.sum()), width),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        flaws,
    )


def _lengths(column: pa.Array) -> _Integers:
    """Return the length of each list, 0 of a null."""
    if not is_list(column.type):
        return np.zeros(len(column), dtype=np.int64)
    lengths: Any = pc.fill_null(pc.list_value_length(column), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
