"""Reading quoted rows of CSV and TSV.

RFC 4180 quotes a cell that holds a separator, a line break or a quotation mark. Many tables are
written without quoting: then a quotation mark is an ordinary character, and a reader that takes it
for the start of a quotation joins all rows up to the next mark into one cell.
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
        cells: (rows, columns) as they are written, without quotes.
        lines: (rows,) the line, from 1, on which each row begins.
        unreadable: line and reason of each row that cannot be split into the header's columns.
        notes: messages to log at level info, on what was detected from the text.
        warnings: messages to log as warnings.
    """

    header: list[str]
    cells: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class OpenQuotationError(Exception):
    """A quotation does not close within its row."""


def wrong_number_of_cells(cells: int, width: int) -> str:
    """Return the message for a row whose number of cells is not the header's."""
    return f"the row has {cells} cell{'s' * (cells != 1)}, the header {width}"


class QuotedReader:
    """Reads lines by RFC 4180, one row after the other.

    After a row that cannot be read, reading continues with the next line.
    """

    def __init__(
        self, lines: Sequence[str], plain: Sequence[str], newline: str, separator: str, width: int
    ) -> None:
        self.lines = lines
        self.plain = plain
        self.newline = newline
        self.separator = separator
        self.width = width

    def read(self, rows: Rows, start: int, *, allow_spans: bool) -> Evidence:
        """Add the rows to `rows`, and return the evidence for and against quoting.

        Args:
            rows: gets rows and unreadable rows.
            start: position of the first line after the header.
            allow_spans: whether a quotation may span lines that look like complete rows.
        """
        evidence = Evidence()
        first = start
        while first < len(self.lines):
            line = self.plain[first]
            if '"' not in line:
                self._add(rows, first, line.split(self.separator))
                first += 1
                continue
            if '\\"' in line:
                evidence.first_escaped = evidence.first_escaped or first + 1
            try:
                cells, after = self._row(first, allow_spans=allow_spans)
            except OpenQuotationError:
                if self._is_complete(first):
                    evidence.against.append(first + 1)
                reason = "a quotation opens and does not close within its row"
                if '\\"' in line:
                    reason += "; a mark within a cell is written twice, not after a backslash"
                rows.unreadable.append((first + 1, reason))
                first += 1
                continue
            if self._spans_rows(first, after):
                evidence.spans.append((first + 1, after))
                if self._spans_ids(first, after):
                    evidence.against.append(first + 1)
            self._collect(evidence, first, after, cells)
            self._add(rows, first, cells)
            first = after
        return evidence

    def _row(self, first: int, *, allow_spans: bool) -> tuple[list[str], int]:
        try:  # most rows are one line, and this is ten times as fast
            (cells,) = csv.reader([self.plain[first]], delimiter=self.separator, strict=True)
        except (csv.Error, ValueError):
            cells, after = quoted_row(self.lines, first, self.newline, self.separator)
        else:
            after = first + 1
        if not allow_spans and self._spans_rows(first, after):
            raise OpenQuotationError
        return cells, after

    def _add(self, rows: Rows, first: int, cells: list[str]) -> None:
        if len(cells) == self.width and (len(cells) > 1 or self.plain[first]):
            rows.cells.append(cells)
            rows.lines.append(first + 1)
        elif len(cells) > 1 or cells[0].strip(" "):
            rows.unreadable.append((first + 1, wrong_number_of_cells(len(cells), self.width)))

    def _is_complete(self, line: int) -> bool:
        return self.plain[line].count(self.separator) == self.width - 1

    def _spans_rows(self, first: int, after: int) -> bool:
        """Return whether a quotation seems to span rows of a text without quoting."""
        if after == first + 1:
            return False
        if self._is_complete(first) and self._is_complete(after - 1):
            return True
        return self._spans_similar(first, after)[0]

    def _spans_ids(self, first: int, after: int) -> bool:
        """Return whether the spanned rows begin with ids with digits, unlike lines of a text."""
        spans, shape = self._spans_similar(first, after)
        return spans and "0" in shape

    def _spans_similar(self, first: int, after: int) -> tuple[bool, str]:
        """Return whether a spanned line starts (or ends) like a row, and the shape of that cell.

        A row whose text holds separators has too many cells, but its first or last one is intact.
        """
        opening = self.plain[first].split(self.separator)
        end = -1 if opening[0].startswith('"') else 0
        shape = _shape(opening[end])
        similar = any(
            line.count(self.separator) >= self.width - 1
            and _shape(line.split(self.separator)[end]) == shape
            for line in self.plain[first + 1 : after + end]
        )
        return similar, shape

    def _collect(self, evidence: Evidence, first: int, after: int, cells: list[str]) -> None:
        """Add a row's evidence for and against quoting."""
        if len(cells) != self.width:
            if self._is_complete(first):
                evidence.against.append(first + 1)
            return
        if after > first + 1 or not self._is_complete(first):
            evidence.needed += not self._spans_rows(first, after)
            return
        written = self.plain[first].split(self.separator)
        for column, (raw, cell) in enumerate(zip(written, cells, strict=True)):
            if raw == cell:
                if '"' in cell:
                    evidence.against.append(first + 1)
                    break
            elif not cell or '"' in cell:  # "" for an empty text, or doubled within
                evidence.needed += 1
            else:
                evidence.needless[column] += 1
                evidence.first_needless = evidence.first_needless or first + 1


def _shape(cell: str) -> str:
    """Replace runs of digits and of letters by one each: ids of a table have one shape."""
    cell = re.sub(r"[0-9]+", "0", cell)
    return re.sub(r"[^\W\d_A-Z]+", "a", re.sub(r"[A-Z]+", "A", cell))


def quoted_row(
    lines: Sequence[str], first: int, newline: str, separator: str
) -> tuple[list[str], int]:
    """Read one row by RFC 4180.

    Returns:
        Its cells, and the position of the line after it.

    Raises:
        OpenQuotationError: a quotation does not close, or something other than a separator follows
            its end.
    """
    cells: list[str] = []
    number = first
    line, at = lines[number], 0
    while True:
        if not line.startswith('"', at):
            end = line.find(separator, at)
            if end < 0:
                cells.append(line[at:].removesuffix("\r"))
                return cells, number + 1
            cells.append(line[at:end])
            at = end + len(separator)
            continue
        pieces: list[str] = []
        at += 1
        while True:
            end = line.find('"', at)
            if end < 0:
                pieces += [line[at:], newline]
                number += 1
                if number == len(lines):
                    raise OpenQuotationError
                line, at = lines[number], 0
            elif line.startswith('""', end):
                pieces.append(line[at : end + 1])
                at = end + 2
            else:
                pieces.append(line[at:end])
                at = end + 1
                break
        cells.append("".join(pieces))
        if line[at:] in {"", "\r"}:
            return cells, number + 1
        if not line.startswith(separator, at):
            raise OpenQuotationError
        at += len(separator)
