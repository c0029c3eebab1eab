"""The cells of a table's column as texts, files or numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lfx.data.array_cells import cell_array
from lfx.data.column import Column, FileColumn, NumberColumn, TextColumn
from lfx.data.embedded import cell_file, names_file
from lfx.data.list_columns import read_lists
from lfx.data.values import cell_text, is_blank

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Columns whose name says what they hold; others are told by their cells.
_TEXTS, _FILES = ("text",), ("image", "audio")
# Cells of another column that are looked at for the name of a file.
_LOOKED_AT = 200


def content_column(name: str, cells: Sequence[Any] | pa.ChunkedArray, root: Path) -> Column:
    """Return a column's content; a cell that holds something else is a flaw of its sample.

    `text` holds texts, `image` and `audio` hold files. Another column holds numbers if its cells
    are lists or numbers, files if they are bytes or name existing files, else texts.

    Args:
        name: of the column, as the settings call it.
        cells: (rows,) as the table holds them; Arrow lists of numbers where it has such.
        root: the folder that paths are relative to.

    Raises:
        ValueError: Arrow lists are neither vectors nor sequences.
    """
    if isinstance(cells, pa.ChunkedArray):
        if name not in _TEXTS:
            return _from_lists(name, cells)
        cells = cells.to_pylist()
    kind = _kind_of(name, cells, root)
    if kind is FileColumn:
        return _files(name, cells, root)
    return _numbers(name, cells) if kind is NumberColumn else _texts(name, cells)


def _kind_of(name: str, cells: Sequence[Any], root: Path) -> type[Column]:
    """Return what a column's cells are: by its name, else by what they hold."""
    if name in _TEXTS:
        return TextColumn
    if any(isinstance(cell, list) for cell in cells):
        return NumberColumn
    filled = [cell for cell in cells if not _is_empty(cell)]
    if name in _FILES or any(
        isinstance(cell, bytes | dict) or names_file(cell, root) for cell in filled[:_LOOKED_AT]
    ):
        return FileColumn
    return NumberColumn if filled and all(map(_is_numbers, filled)) else TextColumn


def describe_column(column: Column) -> str:
    """Return what a column holds, in words, such as `1,787 vectors of 73 numbers`."""
    count = int(column.present.sum())
    if not isinstance(column, NumberColumn):
        return f"{count:,} {column.kind}"
    lengths = np.diff(column.starts)
    what = "sequences" if lengths.max(initial=0) > 1 else "vectors"
    return f"{count:,} {what} of {column.width} numbers"


def _texts(name: str, cells: Sequence[Any]) -> TextColumn:
    flaws: dict[int, str] = {}
    texts: list[str | None] = []
    for row, cell in enumerate(cells):
        try:
            texts.append(cell_text(cell))
        except ValueError as error:
            texts.append(None)
            flaws[row] = f"its {name} is {error}"
    return TextColumn(texts, flaws)


def _files(name: str, cells: Sequence[Any], root: Path) -> FileColumn:
    flaws: dict[int, str] = {}
    files: list[str | bytes | None] = []
    for row, cell in enumerate(cells):
        try:
            files.append(cell_file(cell, root, name))
        except ValueError as error:
            files.append(None)
            flaws[row] = str(error)
    return FileColumn(files, flaws)


def _numbers(name: str, cells: Sequence[Any]) -> NumberColumn:
    flaws: dict[int, str] = {}
    arrays: list[Any] = []
    for row, cell in enumerate(cells):
        try:
            arrays.append(cell_array(cell))
        except ValueError as error:
            arrays.append(None)
            flaws[row] = f"its {name}: {error}"
    widths = Counter(array.shape[-1] for array in arrays if array is not None)
    usual = widths.most_common(1)[0][0] if widths else 0
    for row, array in enumerate(arrays):
        if array is not None and array.shape[-1] != usual:
            arrays[row] = None
            flaws[row] = f"its {name} has {array.shape[-1]} numbers, others have {usual}"
    return NumberColumn.of(arrays, flaws)


def _from_lists(name: str, column: pa.ChunkedArray) -> NumberColumn:
    lists = read_lists(column)
    flaws = {row: f"its {name}: {problem}" for row, problem in lists.flaws.items()}
    return NumberColumn(lists.values, lists.starts, flaws)


def _is_empty(cell: Any) -> bool:
    if isinstance(cell, str):
        return is_blank(cell)
    return cell is None or (isinstance(cell, float) and np.isnan(cell))


def _is_numbers(cell: Any) -> bool:
    if isinstance(cell, bool):
        return False
    try:
        return cell_array(cell) is not None
    except ValueError:
        return False
