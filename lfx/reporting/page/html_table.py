"""A table in HTML, whose columns scripts can sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.reporting.table import DOCUMENT
from lfx.runtime.escaping import for_terminal

if TYPE_CHECKING:
    from lfx.reporting.table import Table


@dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes:
        text: what people see.
        key: what the column is sorted by: a number as text, or the text itself.
        is_number: whether it is aligned to the right and never folded.
    """

    text: str
    key: str
    is_number: bool


@dataclass(frozen=True)
class HtmlTable:
    """A table for the template, which escapes every text.

    Attributes:
        caption: what it shows.
        titles: the columns' titles, and whether their values are numbers.
        rows: the cells, row by row.
        notes: sentences below it.
    """

    caption: str
    titles: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str]

    @classmethod
    def of(cls, caption: str, table: Table) -> HtmlTable:
        """Return the columns that documents have."""
        shown = [
            (index, column)
            for index, column in enumerate(table.columns)
            if DOCUMENT in column.where
        ]
        rows = []
        for row in table.rows:
            cells = []
            for index, column in shown:
                value, format_ = row[index], column.format
                text = "" if value is None else for_terminal(format_.show(value))
                first = next(iter(format_.parts.values()))
                key = text if value is None or not format_.is_number else str(first(value))
                cells.append(Cell(text, key, format_.is_number))
            rows.append(cells)
        titles = [(for_terminal(column.title), column.format.is_number) for _, column in shown]
        notes = [for_terminal(note) for note in table.notes]
        return cls(for_terminal(caption), titles, rows, notes)
