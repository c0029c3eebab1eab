"""Numbers of samples that each have a file of their own: .npy, or .npz with one array."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.arrays import read_array_file
from lfx.data.column import FileColumn, NumberColumn
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    import numpy.typing as npt

ARRAY_FILES = (".npy", ".npz")


def numbers_of_files(column: FileColumn) -> NumberColumn:
    """Read the numbers of all samples.

    A file that cannot be read, or has another number of features than most, is a flaw.

    Args:
        column: the files.
    """
    flaws = dict(column.flaws)
    arrays: list[npt.NDArray[np.float32] | None] = [None] * len(column)
    rows = [int(row) for row in np.flatnonzero(column.present) if int(row) not in flaws]
    for row in rows:
        file = column[row]
        if not isinstance(file, Path):
            flaws[row] = "a table holds its file, allowed: the path of a .npy or .npz file"
            continue
        try:
            arrays[row] = read_array_file(file)
        except ValueError as error:
            flaws[row] = f"{error} ({shorten(file.name)})"
    widths = Counter(array.shape[-1] for array in arrays if array is not None)
    usual = widths.most_common(1)[0][0] if widths else 0
    for row, array in enumerate(arrays):
        if array is not None and array.shape[-1] != usual:
            arrays[row] = None
            flaws[row] = f"it has {array.shape[-1]} features, and others have {usual}"
    return NumberColumn.of(arrays, flaws)
