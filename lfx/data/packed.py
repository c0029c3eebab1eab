"""Many short sequences in one array: their ranges, and a bit sketch of each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def parity_bits(marks: npt.NDArray[np.uint64], starts: Integers) -> npt.NDArray[np.uint16]:
    """Return 256 bits for each set: each bit is the parity of the number of words hashed to it.

    Two sets that differ in n words differ in at most n bits.

    Args:
        marks: (words,) a random number for each word, the words of a set one after the other.
        starts: (sets,) where each set begins.

    Returns:
        (sets, 16).
    """
    bit = (marks >> np.uint64(55)) & np.uint64(255)
    parities = np.empty((len(starts), 4), dtype=np.uint64)
    for column in range(4):
        here = bit // np.uint64(64) == column
        flipped = np.where(here, np.uint64(1) << (bit % np.uint64(64)), np.uint64(0))
        parities[:, column] = np.bitwise_xor.reduceat(flipped, starts)
    return parities.view(np.uint16)


def join_ranges(starts: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Return the concatenated numbers of several ranges, and where each range begins.

    Example:
        >>> numbers, begins = join_ranges(np.array([5, 0]), np.array([2, 3]))
        >>> numbers.tolist(), begins.tolist()
        ([5, 6, 0, 1, 2], [0, 2])
    """
    inner = np.cumsum(counts) - counts
    numbers = np.arange(int(counts.sum()), dtype=np.int64)
    return numbers + np.repeat(starts - inner, counts), inner
