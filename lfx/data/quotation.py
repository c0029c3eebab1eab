"""Quotation in CSV and TSV rows.

RFC 4180 quotes a cell that holds a separator, a line break or a quotation mark. Many tables are
written without it: then a quotation mark is a character like any other, and a reader that takes it
for the beginning of a quotation swallows the rows up to the next one, or to the end of the file.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from lfx.data.quoting_evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

Quoting = Literal["auto", "quoted", "none"]


@dataclass
class Rows:
    """The rows of a delimited text.

    Attributes:
        header: names of the columns.
        cells: (rows, columns) as they are written, quoting undone.
        lines: (rows,) the line, from 1, on which each row begins.
        broken: line and reason of each row that cannot be told apart into the header's columns.
        notes: sentences worth a note, on what was told from the text itself.
        warnings: likewise, what the user should look at.
    """

    header: list[str]
    cells: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class OpenQuotationError(Exception):
    """A quotation does not close within its row."""


def miscounted(cells: int, width: int) -> str:
    """Say what is wrong with a row of another number of cells than the header's."""
    return f"the row has {cells} cell{'s' * (cells != 1)}, the header {width}"


class QuotedReader:
    """Reads lines as RFC 4180 says, one row after the other.

    A row that cannot be read so costs itself alone: reading goes on with the next line.
    """

    def __init__(
        self, lines: Sequence[str], plain: Sequence[str], newline: str, separator: str, width: int
    ) -> None:
        self.lines = lines
        self.plain = plain
        self.newline = newline
        self.separator = separator
        self.width = width

    def read(self, rows: Rows, start: int, *, trusting: bool) -> Evidence:
        """Add what is found to `rows`.

        Args:
            rows: gets rows and broken rows.
            start: the first line after the header.
            trusting: whether a quotation may span lines that look like whole rows.
        """
        evidence = Evidence()
        place = start
        while place < len(self.lines):
            line = self.plain[place]
            if '"' not in line:
                self._keep(rows, place, line.split(self.separator))
                place += 1
                continue
            if '\\"' in line:
                evidence.first_escaped = evidence.first_escaped or place + 1
            try:
                cells, after = self._row(place, trusting=trusting)
            except OpenQuotationError:
                if self._is_whole(place):
                    evidence.against.append(place + 1)
                reason = "a quotation opens and does not close within its row"
                if '\\"' in line:
                    reason += "; a mark within a cell is written twice, not after a backslash"
                rows.broken.append((place + 1, reason))
                place += 1
                continue
            if self._spans_rows(place, after):
                evidence.spans.append((place + 1, after))
                if self._swallows_ids(place, after):
                    evidence.against.append(place + 1)
            self._weigh(evidence, place, after, cells)
            self._keep(rows, place, cells)
            place = after
        return evidence

    def _row(self, place: int, *, trusting: bool) -> tuple[list[str], int]:
        try:  # most rows are one line, and this is ten times as fast
            (cells,) = csv.reader([self.plain[place]], delimiter=self.separator, strict=True)
        except (csv.Error, ValueError):
            cells, after = quoted_row(self.lines, place, self.newline, self.separator)
        else:
            after = place + 1
        if not trusting and self._spans_rows(place, after):
            raise OpenQuotationError
        return cells, after

    def _keep(self, rows: Rows, place: int, cells: list[str]) -> None:
        if len(cells) == self.width and (len(cells) > 1 or self.plain[place]):
            rows.cells.append(cells)
            rows.lines.append(place + 1)
        elif len(cells) > 1 or cells[0].strip(" "):
            rows.broken.append((place + 1, miscounted(len(cells), self.width)))

    def _is_whole(self, place: int) -> bool:
        return self.plain[place].count(self.separator) == self.width - 1

    def _spans_rows(self, place: int, after: int) -> bool:
        """Say whether a quotation seems to have swallowed rows of a text that quotes nothing."""
        if after == place + 1:
            return False
        if self._is_whole(place) and self._is_whole(after - 1):
            return True
        return self._swallows(place, after)[0]

    def _swallows_ids(self, place: int, after: int) -> bool:
        """Say so where swallowed rows begin with an id that has digits, which no text does."""
        found, shape = self._swallows(place, after)
        return found and "0" in shape

    def _swallows(self, place: int, after: int) -> tuple[bool, str]:
        """A row whose text has separators is not whole, but begins, or ends, as its rows do."""
        opening = self.plain[place].split(self.separator)
        end = -1 if opening[0].startswith('"') else 0
        shape = _shape(opening[end])
        alike = any(
            line.count(self.separator) >= self.width - 1
            and _shape(line.split(self.separator)[end]) == shape
            for line in self.plain[place + 1 : after + end]
        )
        return alike, shape

    def _weigh(self, evidence: Evidence, place: int, after: int, cells: list[str]) -> None:
        if len(cells) != self.width:
            if self._is_whole(place):
                evidence.against.append(place + 1)
            return
        if after > place + 1 or not self._is_whole(place):
            evidence.needed += not self._spans_rows(place, after)
            return
        written = self.plain[place].split(self.separator)
        for column, (raw, cell) in enumerate(zip(written, cells, strict=True)):
            if raw == cell:
                if '"' in cell:
                    evidence.against.append(place + 1)
                    break
            elif not cell or '"' in cell:  # "" for an empty text, or doubled within
                evidence.needed += 1
            else:
                evidence.needless[column] += 1
                evidence.first_needless = evidence.first_needless or place + 1


def _shape(cell: str) -> str:
    """Give a cell with runs of digits and of letters as one each: ids have one shape, texts not."""
    cell = re.sub(r"[0-9]+", "0", cell)
    return re.sub(r"[^\W\d_A-Z]+", "a", re.sub(r"[A-Z]+", "A", cell))


def quoted_row(
    lines: Sequence[str], place: int, newline: str, separator: str
) -> tuple[list[str], int]:
    """Read one row as RFC 4180 says.

    Returns:
        Its cells, and the line after it.

    Raises:
        OpenQuotationError: a quotation does not close, or something other than a separator follows
            its end.
    """
    cells: list[str] = []
    line, at = lines[place], 0
    while True:
        if not line.startswith('"', at):
            end = line.find(separator, at)
            if end < 0:
                cells.append(line[at:].removesuffix("\r"))
                return cells, place + 1
            cells.append(line[at:end])
            at = end + len(separator)
            continue
        pieces: list[str] = []
        at += 1
        while True:
            end = line.find('"', at)
            if end < 0:
                pieces += [line[at:], newline]
                place += 1
                if place == len(lines):
                    raise OpenQuotationError
                line, at = lines[place], 0
            elif line.startswith('""', end):
                pieces.append(line[at : end + 1])
                at = end + 2
            else:
                pieces.append(line[at:end])
                at = end + 1
                break
        cells.append("".join(pieces))
        if line[at:] in {"", "\r"}:
            return cells, place + 1
        if not line.startswith(separator, at):
            raise OpenQuotationError
        at += len(separator)
