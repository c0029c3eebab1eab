"""One table, however it is shown: on a terminal, as CSV, as Markdown, as LaTeX."""

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
# A pipe has no width of its own, and a table that is folded cannot be read by a program.
_PIPE = 200


@dataclass(frozen=True)
class Format:
    """How a column's values are written.

    Attributes:
        show: a value for people.
        parts: ending of the title → the value, or a part of it, with all digits: in a CSV each part
            has a column of its own.
        is_number: numbers stand to the right, and never fold.
    """

    show: Callable[[Any], str]
    parts: Mapping[str, Callable[[Any], Any]] = field(default_factory=lambda: {"": lambda one: one})
    is_number: bool = True


def _decimals(value: float, sign: str = "") -> str:
    """Return three decimals, or powers of ten for what is no score (a damaged file may hold it)."""
    return f"{value:{sign}.3f}" if abs(value) < _LARGE else f"{value:{sign}.3g}"


_LARGE = 1e6
TEXT = Format(str, is_number=False)
COUNT = Format(str)
NUMBER = Format(_decimals)
DIFFERENCE = Format(partial(_decimals, sign="+"))


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its words stand above each other on a terminal.
        format: of its values.
        where: on a terminal, in a document (Markdown and LaTeX), or in a CSV.
        spare: on a terminal that is too narrow, the columns with the largest go first; 0: it stays.
        least: characters of a text that are not folded; numbers never are.
    """

    title: str
    format: Format = TEXT
    where: frozenset[str] = EVERYWHERE
    spare: int = 0
    least: int = 8


@dataclass(frozen=True)
class Table:
    """Columns, and rows of values for them; None is an empty cell.

    Example:
        >>> table = Table([Column("name"), Column("accuracy", NUMBER)], [["mean", 0.91666]])
        >>> print(table.markdown(), end="")
        | name | accuracy |
        | --- | ---: |
        | mean | 0.917 |
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]

    def print(self) -> None:
        """Print what has its place on a terminal; columns that it is too narrow for are named."""
        console = Console(width=None if sys.stdout.isatty() else _PIPE)
        places, left_out = self._places(TERMINAL), []
        while not self._fits(console, places):
            most = max(self.columns[place].spare for place in places)
            if most == 0:
                break
            left_out += [place for place in places if self.columns[place].spare == most]
            places = [place for place in places if place not in left_out]
        console.print(self._drawn(places))
        if left_out:
            titles = ", ".join(self.columns[place].title for place in sorted(left_out))
            console.print(Text(f"not shown on so narrow a terminal: {for_terminal(titles)}"))

    def markdown(self) -> str:
        """Return the table in Markdown, with a line break at its end."""
        places = self._places(DOCUMENT)
        below = ["---:" if self.columns[place].format.is_number else "---" for place in places]
        first, *others = [[for_markdown(cell) for cell in row] for row in self._texts(places)]
        return "\n".join("| " + " | ".join(row) + " |" for row in (first, below, *others)) + "\n"

    def latex(self) -> str:
        r"""Return the table in LaTeX, for `\usepackage{booktabs}`."""
        places = self._places(DOCUMENT)
        kinds = "".join("r" if self.columns[place].format.is_number else "l" for place in places)
        first, *others = [
            " & ".join(for_latex(cell) for cell in row) + r" \\" for row in self._texts(places)
        ]
        lines = [rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", first, r"\midrule", *others]
        return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"

    def write_csv(self, file: Path) -> Path:
        """Write all digits; what a spreadsheet would take for a formula is marked as text."""
        parts = [
            (place, self.columns[place].title + ending, part)
            for place in self._places(CSV)
            for ending, part in self.columns[place].format.parts.items()
        ]
        lines = [[for_csv(title) for _, title, _ in parts]]
        for row in self.rows:
            cells = [(row[place], part) for place, _, part in parts]
            lines.append([None if one is None else for_csv(part(one)) for one, part in cells])
        with atomic_path(file) as path, path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(lines)
        return file

    def write(self, folder: Path, name: str) -> list[Path]:
        """Write `NAME.csv`, `NAME.md` and `NAME.tex`.

        Returns:
            The files.
        """
        texts = {folder / f"{name}.md": self.markdown(), folder / f"{name}.tex": self.latex()}
        for file, text in texts.items():
            with atomic_path(file) as part:
                part.write_text(text, encoding="utf-8")
        return [self.write_csv(folder / f"{name}.csv"), *texts]

    def _places(self, where: str) -> list[int]:
        return [place for place, column in enumerate(self.columns) if where in column.where]

    def _texts(self, places: Sequence[int]) -> list[list[str]]:
        """Return titles and rows as texts."""
        titles = [self.columns[place].title for place in places]
        return [titles, *([self._text(row, place) for place in places] for row in self.rows)]

    def _text(self, row: Sequence[Any], place: int) -> str:
        return "" if row[place] is None else self.columns[place].format.show(row[place])

    def _drawn(self, places: Sequence[int]) -> rich_table.Table:
        drawn = rich_table.Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
        _, *rows = [[for_terminal(cell) for cell in row] for row in self._texts(places)]
        for number, place in enumerate(places):
            column = self.columns[place]
            words = for_terminal(column.title).split(" ")
            longest = max(cell_len(one) for one in [*words, *(row[number] for row in rows)])
            is_number = column.format.is_number
            drawn.add_column(
                Text("\n".join(words)),
                justify="right" if is_number else "left",
                no_wrap=is_number,
                overflow="fold",
                min_width=longest if is_number else min(longest, column.least),
            )
        for row in rows:
            drawn.add_row(*map(Text, row))  # a name may hold what looks like markup
        return drawn

    def _fits(self, console: Console, places: Sequence[int]) -> bool:
        """Return whether a terminal is wide enough; rich would cut the columns on the right."""
        columns = self._drawn(places).columns
        least = sum(column.min_width or 0 for column in columns)
        return least + _BETWEEN * (len(columns) - 1) <= console.width


_BETWEEN = 3  # characters between two columns
