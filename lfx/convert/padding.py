"""Sequences without what pads them, and as an Arrow column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

Sequences = npt.NDArray[Any]
KIND = pa.list_(pa.list_(pa.float32()))


def unpad(sequence: Sequences, length: float | None) -> Sequences:
    """Return a sequence without the steps that pad it.

    Args:
        sequence: (time, features), padded with zeros at its end or at its beginning.
        length: number of steps that are content; None: all between the first and the last that are
            not 0.

    Returns:
        (content, features).

    Raises:
        ValueError: the length is none of this sequence, or what it leaves out is not 0.

    Example:
        >>> unpad(np.array([[0, 0], [1, 2], [0, 0], [3, 4], [0, 0]]), None).tolist()
        [[1, 2], [0, 0], [3, 4]]
    """
    if length is None:
        content = np.flatnonzero(sequence.any(axis=1))
        return sequence[content[0] : content[-1] + 1] if len(content) else sequence[:0]
    if not 0 <= length <= len(sequence) or length % 1:
        raise ValueError(
            f"its length is {length}, and it has {len(sequence)} steps; allowed: whole numbers "
            f"from 0 to {len(sequence)}"
        )
    length = int(length)
    padding = len(sequence) - length
    if not sequence[length:].any():
        return sequence[:length]
    if not sequence[:padding].any():
        return sequence[padding:]
    raise ValueError(f"its length is {length}, and steps that are not 0 stand beyond it")


def finite(sequence: Sequences) -> tuple[npt.NDArray[np.float32], int]:
    """Return a sequence as float32 with 0 where a number is not finite, and how many are not."""
    with np.errstate(over="ignore"):
        numbers = sequence.astype(np.float32)
    wrong = ~np.isfinite(numbers)
    numbers[wrong] = 0
    return numbers, int(wrong.sum())


def list_column(sequences: Sequence[npt.NDArray[np.float32]]) -> pa.Array:
    """Return sequences (time, features) as lists of lists; null where there is no step."""
    lengths = [len(one) for one in sequences]
    steps = np.concatenate(sequences)
    widths = np.full(len(steps), steps.shape[1])
    inner = pa.ListArray.from_arrays(_offsets(widths), pa.array(steps.reshape(-1)))
    return pa.ListArray.from_arrays(
        _offsets(lengths), inner, mask=pa.array([length == 0 for length in lengths])
    )


def _offsets(lengths: Sequence[int] | npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
