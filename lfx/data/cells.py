"""The cells of a table, as its file holds them, before anything is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from lfx.data.values import EXACT
from lfx.runtime.errors import DataError, name_some


@dataclass(frozen=True)
class Format:
    """Settings of a table's format.

    Attributes:
        separator: between the cells of a CSV or TSV; None: detected from the header.
        encoding: of a CSV, TSV or JSON Lines file; None: from the byte-order mark, else UTF-8.
        quoting: `auto`, `quoted` or `none`, see `lfx.data.delimited.read_delimited`.
    """

    separator: str | None = None
    encoding: str | None = None
    quoting: str = "auto"


@dataclass(frozen=True)
class Columns:
    """Cells of a table, as its file holds them.

    Attributes:
        names: all columns of the file, in order.
        cells: those of the wanted columns that the file has: name to (rows,) values; of lists of
            numbers in Parquet the Arrow array.
        rows: (rows,) each row's name in messages, such as `line 12`.
        unreadable: name and reason of each row that could not be read.
        notes: messages to log at level info.
        warnings: messages to log as warnings.
        exact: for columns of narrow floats, the number from which on integers lose digits.
        class_names: for columns of integers, the class names that the file gives them.
        arrays: the columns that hold lists of numbers, where these were asked for.
    """

    names: tuple[str, ...]
    cells: dict[str, Any]
    rows: Sequence[str]
    unreadable: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    exact: dict[str, int] | None = None
    class_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    arrays: tuple[str, ...] = ()

    def exact_in(self, name: str) -> int:
        """Return the number from which on a column's integers may have lost digits."""
        return (self.exact or {}).get(name, EXACT)


def refuse_repeated(names: Sequence[str], wanted: Collection[str]) -> None:
    """Refuse a table that has one of the wanted columns more than once.

    Raises:
        DataError: it has.
    """
    counts = Counter(names)
    twice = [name for name in wanted if counts[name] > 1]
    if twice:
        raise DataError(f"it has more than one column {name_some(twice)}")
