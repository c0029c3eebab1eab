"""Numbers of samples: vectors, or sequences of vectors over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lfx.data.column_base import Column, Rows, sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Arrays of fewer different numbers may be equal by chance.
_FEWEST_NUMBERS = 8


class NumberColumn(Column):
    """Numbers: a vector, or a sequence of vectors over time.

    Args:
        values: (all steps, features) those of the first sample, of the second, and so on.
        starts: (samples + 1,) sample i has `values[starts[i]:starts[i + 1]]`; if that is empty, it
            has none.
        flaws: position → problem, at positions without numbers.
    """

    kind = "numbers"

    def __init__(
        self,
        values: npt.NDArray[np.float32],
        starts: npt.NDArray[np.int64],
        flaws: Mapping[int, str] | None = None,
    ) -> None:
        self.values = values
        self.starts = starts
        self.flaws = flaws or {}
        self.present = np.diff(starts) > 0
        self.present[list(self.flaws)] = True

    def __getitem__(self, row: int) -> npt.NDArray[np.float32] | None:
        array = self.array(int(row))
        return array if len(array) else None

    @property
    def width(self) -> int:
        """The number of features."""
        return int(self.values.shape[1])

    @classmethod
    def of(
        cls, arrays: Sequence[npt.ArrayLike | None], flaws: Mapping[int, str] | None = None
    ) -> NumberColumn:
        """Return a column of arrays, each `(features,)` or `(time, features)`.

        Args:
            arrays: (samples,) of one number of features; None or an empty one: absent.
            flaws: position → problem, at positions without numbers.

        Raises:
            ValueError: an array has another shape than these, or other features.

        Example:
            >>> column = NumberColumn.of([[1, 2], None, [[3, 4], [5, 6]]])
            >>> column.present.tolist(), column.array(2).shape
            ([True, False, True], (2, 2))
        """
        steps = [None if one is None else _steps(np.asarray(one)) for one in arrays]
        filled = [one for one in steps if one is not None and len(one)]
        widths = sorted({one.shape[1] for one in filled})
        if len(widths) > 1:
            raise ValueError(f"numbers of features differ between samples: {widths[:5]}")
        lengths = [0 if one is None else len(one) for one in steps]
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
        width = widths[0] if widths else 0
        values = np.concatenate(filled) if filled else np.empty((0, width))
        return cls(np.asarray(values, dtype=np.float32), starts, flaws)

    def array(self, row: int) -> npt.NDArray[np.float32]:
        """Return a sample's numbers, (time, features); time is 1 for a plain vector."""
        return self.values[self.starts[row] : self.starts[row + 1]]

    def at(self, rows: Rows) -> NumberColumn:
        """Return the numbers at some positions."""
        indices = np.asarray(rows, dtype=np.int64)
        lengths = np.where(indices < 0, 0, np.diff(self.starts)[indices])
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        firsts = self.starts[indices]
        steps = np.repeat(firsts - starts[:-1], lengths) + np.arange(starts[-1])
        return NumberColumn(self.values[steps], starts, self.kept_flaws(rows))

    def digests(self, cache_dir: Path) -> list[str | None]:
        """Return the digest of each sample's numbers and their shape."""
        del cache_dir
        has = np.diff(self.starts) > 0
        return [self._digest(row) if has[row] else None for row in range(len(self))]

    def ties(self, cache_dir: Path) -> list[str | None]:
        """Return the digests of arrays with enough different numbers not to be equal by chance."""
        return [
            digest
            if digest is not None and len(np.unique(self.array(row))) >= _FEWEST_NUMBERS
            else None
            for row, digest in enumerate(self.digests(cache_dir))
        ]

    def _digest(self, row: int) -> str:
        array = np.ascontiguousarray(self.array(row))
        return sha256(repr(array.shape).encode() + array.tobytes())


def _steps(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return an array as (time, features) float32."""
    if array.dtype.kind not in "fiu" or array.ndim not in {1, 2}:
        raise ValueError(
            f"numbers are (features,) or (time, features); got {array.dtype} of shape {array.shape}"
        )
    if array.size == 0:
        return np.empty((0, array.shape[-1]), dtype=np.float32)
    return np.atleast_2d(array.astype(np.float32))
