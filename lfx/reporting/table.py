"""Tables, shown on a terminal or written as CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from rich import table as rich_table
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from lfx.runtime.escaping import for_csv, for_latex, for_markdown, for_terminal
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

TERMINAL, DOCUMENT, CSV = "terminal", "document", "csv"
EVERYWHERE = frozenset({TERMINAL, DOCUMENT, CSV})
# Width, in characters, of a table in a pipe: wide enough for programs to read unfolded rows.
_PIPE = 200


@dataclass(frozen=True)
class Format:
    """The format of a column's values.

    Attributes:
        show: formats a value for people.
        parts: suffix of the title → the value, or a part of it, with all digits: a CSV has a column
            for each part.
        is_number: whether to align values to the right and never fold them.
    """

    show: Callable[[Any], str]
    parts: Mapping[str, Callable[[Any], Any]] = field(
        default_factory=lambda: {"": lambda value: value}
    )
    is_number: bool = True


def decimals(value: float, sign: str = "") -> str:
    """Return three decimals; a power of ten if it is too large for a score, as in damaged files."""
    return f"{value:{sign}.3f}" if abs(value) < _LARGE else f"{value:{sign}.3g}"


_LARGE = 1e6
TEXT = Format(str, is_number=False)
COUNT = Format(str)
NUMBER = Format(decimals)
DIFFERENCE = Format(partial(decimals, sign="+"))


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: the title; on a terminal each word has a line.
        format: the format of its values.
        where: the outputs that have the column: a terminal, a document (Markdown and LaTeX), a CSV.
        spare: on a narrow terminal, columns with the largest number are left out first; 0: never.
        least: the smallest width, in characters, of a text column; words of ordinary length are
            never folded, nor are numbers.
        is_long: whether a text column has sentences, which LaTeX breaks into lines.
    """

    title: str
    format: Format = TEXT
    where: frozenset[str] = EVERYWHERE
    spare: int = 0
    least: int = 8
    is_long: bool = False


@dataclass(frozen=True)
class Table:
    """Columns, and rows of values for them; None is an empty cell.

    Attributes:
        columns: the columns.
        rows: a value for each column, row by row.
        notes: sentences below the table, on a terminal and in documents.

    Example:
        >>> table = Table([Column("name"), Column("accuracy", NUMBER)], [["mean", 0.91666]])
        >>> print(table.markdown(), end="")
        | name | accuracy |
        | --- | ---: |
        | mean | 0.917 |
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[str] = ()

    def print(self) -> None:
        """Print the table; list the columns that the terminal is too narrow for.

        Where it is too narrow without them too, the others stand below each other, in parts that
        begin with the first column: numbers are never folded or cut.
        """
        console = Console(width=None if sys.stdout.isatty() else _PIPE)
        shown, left_out = self._indices(TERMINAL), []
        while not self._fits(console, shown):
            most = max(self.columns[index].spare for index in shown)
            if most == 0:
                break
            left_out += [index for index in shown if self.columns[index].spare == most]
            shown = [index for index in shown if index not in left_out]
        for part in self._parts(console, shown):
            console.print(self._rich_table(part))
        if left_out:
            titles = ", ".join(self.columns[index].title for index in sorted(left_out))
            console.print(Text(f"not shown, the terminal is too narrow: {for_terminal(titles)}"))
        for note in self.notes:
            console.print(Text(for_terminal(note)), soft_wrap=True)

    def markdown(self) -> str:
        """Return the table in Markdown, with a line break at its end."""
        indices = self._indices(DOCUMENT)
        rule = ["---:" if self.columns[index].format.is_number else "---" for index in indices]
        titles, *rows = [[for_markdown(cell) for cell in row] for row in self._texts(indices)]
        lines = ["| " + " | ".join(row) + " |" for row in (titles, rule, *rows)]
        for note in self.notes:
            lines += ["", for_markdown(note)]
        return "\n".join(lines) + "\n"

    def latex(self) -> str:
        r"""Return the table in LaTeX, for `\usepackage{booktabs}`."""
        indices = self._indices(DOCUMENT)
        align = "".join(map(_align, (self.columns[index] for index in indices)))
        titles, *rows = [
            " & ".join(for_latex(cell) for cell in row) + r" \\" for row in self._texts(indices)
        ]
        lines = [rf"\begin{{tabular}}{{{align}}}", r"\toprule", titles, r"\midrule", *rows]
        notes = [rf"\par {{\footnotesize {for_latex(note)}}}" for note in self.notes]
        return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", *notes]) + "\n"

    def values(self) -> tuple[list[str], list[list[Any]]]:
        """Return titles and rows with all digits, a column for each part of a value."""
        parts = [
            (index, self.columns[index].title + suffix, part)
            for index in self._indices(CSV)
            for suffix, part in self.columns[index].format.parts.items()
        ]
        rows = [
            [None if row[index] is None else part(row[index]) for index, _, part in parts]
            for row in self.rows
        ]
        return [title for _, title, _ in parts], rows

    def write_csv(self, file: Path) -> Path:
        """Write a CSV with all digits; cells that look like a formula are marked as text."""
        titles, rows = self.values()
        lines: list[list[Any]] = [[for_csv(title) for title in titles]]
        lines += [[None if cell is None else for_csv(cell) for cell in row] for row in rows]
        with atomic_path(file) as path, path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(lines)
        return file

    def write(self, folder: Path, name: str) -> list[Path]:
        """Write `NAME.csv`, `NAME.md` and `NAME.tex`.

        Returns:
            The paths of the files.
        """
        texts = {folder / f"{name}.md": self.markdown(), folder / f"{name}.tex": self.latex()}
        for file, text in texts.items():
            with atomic_path(file) as part:
                part.write_text(text, encoding="utf-8")
        return [self.write_csv(folder / f"{name}.csv"), *texts]

    def _indices(self, where: str) -> list[int]:
        return [index for index, column in enumerate(self.columns) if where in column.where]

    def _texts(self, indices: Sequence[int]) -> list[list[str]]:
        """Return titles and rows as texts."""
        titles = [self.columns[index].title for index in indices]
        return [titles, *([self._text(row, index) for index in indices] for row in self.rows)]

    def _text(self, row: Sequence[Any], index: int) -> str:
        return "" if row[index] is None else self.columns[index].format.show(row[index])

    def _rich_table(self, indices: Sequence[int]) -> rich_table.Table:
        table = rich_table.Table(
            box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True
        )
        _, *rows = [[for_terminal(cell) for cell in row] for row in self._texts(indices)]
        for number, index in enumerate(indices):
            column = self.columns[index]
            words = for_terminal(column.title).split(" ")
            longest = max(cell_len(text) for text in [*words, *(row[number] for row in rows)])
            is_number = column.format.is_number
            word = max((cell_len(one) for row in rows for one in row[number].split()), default=0)
            least = max(column.least, min(word, _WORD), *map(cell_len, words))
            table.add_column(
                Text("\n".join(words)),
                justify="right" if is_number else "left",
                no_wrap=is_number,
                overflow="fold",
                min_width=longest if is_number else min(longest, least),
            )
        for row in rows:
            table.add_row(*map(Text, row))  # as Text, because names may look like markup
        return table

    def _parts(self, console: Console, indices: Sequence[int]) -> list[list[int]]:
        """Split columns into parts that a terminal is wide enough for; the first is in each."""
        first, *others = indices
        parts = [[first]]
        for index in others:
            if len(parts[-1]) > 1 and not self._fits(console, [*parts[-1], index]):
                parts.append([first])
            parts[-1].append(index)
        return parts

    def _fits(self, console: Console, indices: Sequence[int]) -> bool:
        """Return whether a terminal is wide enough; rich would cut the columns on the right."""
        columns = self._rich_table(indices).columns
        least = sum(column.min_width or 0 for column in columns)
        return least + _BETWEEN * (len(columns) - 1) <= console.width


def _align(column: Column) -> str:
    """Return how LaTeX aligns a column."""
    if column.format.is_number:
        return "r"
    return r"p{0.3\linewidth}" if column.is_long else "l"


_BETWEEN = 2  # characters between two columns
_WORD = 24  # the longest word that is never folded, in characters
