"""Reading the columns of a Parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from lfx.data.cells import Columns, refuse_repeated
from lfx.data.class_labels import read_class_names
from lfx.data.list_columns import MOST_DEPTH, is_list
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

# Up to these numbers a float of the column's width represents every integer exactly.
_EXACT = {"halffloat": 2**11, "float": 2**24}


def read_parquet(file: Path, wanted: Collection[str], *, arrays: bool) -> Columns:
    """Read columns of a Parquet file.

    Args:
        file: the file.
        wanted: names of columns; those that the file lacks are left out.
        arrays: whether columns of vectors and sequences (lists of numbers or of such lists) are
            read too, whatever their names.

    Raises:
        DataError: it is damaged, or has a column twice.
    """
    try:
        schema = parquet.read_schema(file)
        names = schema.names
        depths = {one.name: _depth(one.type) for one in schema if arrays}
        listed = tuple(name for name, depth in depths.items() if 0 < depth <= MOST_DEPTH)
        read = [*dict.fromkeys([*(name for name in wanted if name in names), *listed])]
        refuse_repeated(names, read)
        table = parquet.read_table(file, columns=read)
        table.validate(full=True)  # a damaged file may hold texts that are not UTF-8
        cells = {
            name: table.column(name) if depths.get(name) else _values(table.column(name))
            for name in table.column_names
        }
    except pa.ArrowException as error:
        raise DataError(str(error).splitlines()[0]) from error
    kinds = {column.name: str(column.type) for column in table.schema}
    exact = {name: _EXACT[kind] for name, kind in kinds.items() if kind in _EXACT}
    rows = [f"row {row}" for row in range(1, table.num_rows + 1)]
    return Columns(
        *(tuple(names), cells, rows),
        exact=exact,
        class_names=_class_names(table.schema),
        arrays=listed,
    )


def _depth(kind: pa.DataType) -> int:
    """Return how deep a type's numbers are in lists; 0 of another type."""
    depth = 0
    while is_list(kind):
        kind, depth = kind.value_type, depth + 1
    return depth if pa.types.is_integer(kind) or pa.types.is_floating(kind) else 0


def _class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    integers = [column.name for column in schema if pa.types.is_integer(column.type)]
    known = {name: read_class_names(schema.metadata, name) for name in integers}
    return {name: names for name, names in known.items() if names is not None}


def _values(column: pa.ChunkedArray) -> list[Any]:
    try:
        if not _loses_nanoseconds(column):
            return list(column.to_pylist())
    except (ValueError, OverflowError):  # times in nanoseconds, which Python's times lack
        pass
    return list(column.cast(pa.string()).to_pylist())


def _loses_nanoseconds(column: pa.ChunkedArray) -> bool:
    """Return whether times of day have nanoseconds, which `to_pylist` drops silently."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if kind != pa.time64("ns"):
        return False
    try:
        column.cast(kind).cast(pa.time64("us"))
    except pa.ArrowInvalid:
        return True
    return False
