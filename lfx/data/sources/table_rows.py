"""From the cells of a table to samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lfx.data.arrays import read_array_table
from lfx.data.class_labels import name_label, uses_names
from lfx.data.column import NumberColumn
from lfx.data.content_cells import content_column, describe_column
from lfx.data.reading import Reading, Samples
from lfx.data.values import cell_id, cell_text, rounded_ids
from lfx.runtime.errors import DataError, name_some, shorten

if TYPE_CHECKING:
    from lfx.data.cells import Columns
    from lfx.data.column import Column

_USUAL = {"text", "image"}
# Columns of these names are read unless the settings say otherwise.
_PASSED_OVER = {
    role: f"; data.source.{role}=null passes the column over" for role in ("split", "group")
}


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are.

    Attributes:
        of_samples: `id`, `label`, `split`, `group` → the file's column, of those that it has.
        content: name → the file's column.
        files: name → a file of arrays, which holds the content of all samples.
    """

    of_samples: Mapping[str, str]
    content: Mapping[str, str]
    files: Mapping[str, Path]


def read_rows(table: Columns, roles: Roles, given: Sequence[str] | None, root: Path) -> Reading:
    """Read the rows of a table as samples.

    Args:
        table: its cells.
        roles: what its columns are.
        given: the class names in order; None: those that occur.
        root: the folder that paths are relative to.

    Raises:
        DataError: a column's content cannot be read at all.
    """
    rows = _Rows(table, roles)
    label_column = roles.of_samples.get("label", "")
    names = table.class_names.get(label_column)
    if names is not None and not uses_names(names, given):
        names = None
    ids = rows.read("id", partial(cell_id, exact=table.exact_in(roles.of_samples["id"])))
    labels = rows.read("label", cell_text if names is None else partial(name_label, names=names))
    splits = rows.read("split", cell_text)
    group_column = roles.of_samples.get("group", "")
    groups = rows.read("group", partial(cell_id, exact=table.exact_in(group_column)))
    rows.refuse((row for row, name in enumerate(ids) if name is None), "it has no id")
    if given is not None:
        for row, label in enumerate(labels):
            if label is not None and label not in given:
                allowed = name_some(given)
                rows.refuse([row], f"unknown label {shorten(label)!r} (allowed: {allowed})")
    good = [row for row in range(len(table.rows)) if row not in rows.bad]
    kept = [labels[row] for row in good]
    classes = _classes(kept, names) if given is None else tuple(given)
    numbers = {name: number for number, name in enumerate(classes)}
    columns = _content(table, roles, good, ids, root)
    notes = list(table.notes)
    if names is not None:
        shown = name_some(f"{number} {name}" for number, name in enumerate(names))
        notes.append(f"the file's numbers of classes are read by its names: {shown}")
    notes += [
        f"column {name}: {describe_column(column)}"
        for name, column in columns.items()
        if name not in _USUAL
    ]
    named = [str(ids[row]) for row in good]
    samples = Samples(
        named,
        columns,
        [None if label is None else numbers[label] for label in kept],
        [splits[row] for row in good],
        [groups[row] for row in good],
    )
    bad = [(ids[row] or table.rows[row], reason) for row, reason in sorted(rows.bad.items())]
    return Reading(
        samples,
        classes,
        (*table.unreadable, *bad),
        tuple(notes),
        warnings=(*table.warnings, *rounded_ids(named)),
    )


class _Rows:
    """Reads columns cell by cell, and keeps the first problem of each row."""

    def __init__(self, table: Columns, roles: Roles) -> None:
        self.table = table
        self.roles = roles
        self.bad: dict[int, str] = {}
        self._order: dict[int, int] = {}

    def read(self, role: str, cell: Callable[[Any], str | None]) -> list[str | None]:
        """Read a column; None where a cell is empty, or where there is no such column."""
        name = self.roles.of_samples.get(role)
        if name is None:
            return [None] * len(self.table.rows)
        cells = self.table.cells[name]
        if isinstance(cells, pa.ChunkedArray):
            cells = cells.to_pylist()
        values: list[str | None] = []
        for row, value in enumerate(cells):
            try:
                values.append(cell(value))
            except ValueError as error:
                values.append(None)
                self.refuse([row], f"its {role} is {error}{_PASSED_OVER.get(role, '')}")
        return values

    def refuse(self, rows: Iterable[int], reason: str) -> None:
        """Note a problem of rows that have none so far."""
        for row in rows:
            self.bad.setdefault(row, reason)


def _content(
    table: Columns, roles: Roles, good: Sequence[int], ids: Sequence[str | None], root: Path
) -> dict[str, Column]:
    every = len(good) == len(table.rows)
    columns: dict[str, Column] = {}
    for name, column in roles.content.items():
        try:
            read = content_column(name, table.cells[column], root)
        except ValueError as error:
            raise DataError(f"column {column}, read as {name}: {error}") from error
        columns[name] = read if every else read.at(good)
    for name, file in roles.files.items():
        arrays, problems = read_array_table(file, [str(one) for one in ids])
        flaws = {row: f"its {name}: {problem}" for row, problem in problems.items()}
        try:
            whole = NumberColumn.of(arrays, flaws)
        except ValueError as error:
            raise DataError(f"data.source.columns.{name}={file.name}: {error}") from error
        columns[name] = whole if every else whole.at(good)
    return columns


def _classes(labels: Sequence[str | None], names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the classes of usable rows: sorted, or in the order of the file's names."""
    used = {label for label in labels if label is not None}
    return tuple(sorted(used) if names is None else (name for name in names if name in used))
