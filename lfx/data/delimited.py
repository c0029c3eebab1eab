"""Splitting CSV and TSV text into rows; every row is returned or reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lfx.data.quotation import (
    OpenQuotationError,
    QuotedReader,
    Rows,
    quoted_row,
    wrong_number_of_cells,
)
from lfx.data.quoting_evidence import decide_quoting
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SEPARATORS = (",", "\t", ";", "|")
# Excel writes the separator in a line before the header, in upper or lower case. Programs that save
# the file again fill that line with empty cells.
_EXCEL = re.compile(r'[ ]*"?[ ]*sep[ ]*=[ ]*([^"\r\n])[ ]*"?(?:\1|[ ])*', re.IGNORECASE)
_NAMES = {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a bar"}


def read_delimited(
    text: str,
    usual: str,
    wanted: Collection[str] = (),
    *,
    separator: str | None = None,
    quoting: str = "auto",
) -> Rows:
    """Split a CSV or TSV text into rows.

    Args:
        text: the file's content.
        usual: the separator of files with this extension.
        wanted: columns that the header should have; if it has them with exactly one other common
            separator and not with `usual`, that one is taken.
        separator: between cells; None: as above.
        quoting: `quoted` as in RFC 4180; `none`: a quotation mark is a character; `auto`: detected
            from the rows.

    Raises:
        DataError: the text is empty.
    """
    lines, newline = _split_lines(text)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise DataError("the file is empty")
    notes = []
    declared = _EXCEL.fullmatch(lines[first].rstrip("\r"))
    if declared is not None and first + 1 < len(lines):
        separator, first = separator or declared[1], first + 1
    if separator is None:
        separator = _detect_separator(lines, first, newline, usual, wanted, quoting)
        if separator != usual:
            notes.append(f"the separator is {_NAMES[separator]}, as the header shows")
    header, start = _read_header(lines, first, newline, separator, quoting)
    rows = Rows(header, notes=notes)
    plain = [line.removesuffix("\r") for line in lines] if "\r" in text else lines
    if quoting == "none" or '"' not in text:
        _read_plain(rows, plain, start, separator)
        return rows
    reader = QuotedReader(lines, plain, newline, separator, len(header))
    evidence = reader.read(rows, start, allow_spans=True)
    if quoting == "quoted":
        return rows
    quoted_header = all(cell.startswith('"') for cell in plain[first].split(separator))
    decision = decide_quoting(evidence, rows, separator, quoted_header=quoted_header)
    if decision == "plain":
        rows = Rows(header, notes=rows.notes, warnings=rows.warnings)
        _read_plain(rows, plain, start, separator, suggest_quoted=True)
    elif decision == "quoted_rows":
        rows = Rows(header, notes=rows.notes, warnings=rows.warnings)
        reader.read(rows, start, allow_spans=False)
    return rows


def _split_lines(text: str) -> tuple[list[str], str]:
    """Split at the line break that ends the first line; any other lone CR is a character."""
    feed, carriage = text.find("\n"), text.find("\r")
    old_mac = carriage >= 0 and (feed < 0 or carriage < feed - 1)
    newline = "\r" if old_mac else "\n"
    return text.split(newline), newline


def _detect_separator(
    lines: Sequence[str],
    first: int,
    newline: str,
    usual: str,
    wanted: Collection[str],
    quoting: str,
) -> str:
    fitting = [
        separator
        for separator in dict.fromkeys((usual, *SEPARATORS))
        if set(wanted) <= set(_read_header(lines, first, newline, separator, quoting)[0])
    ]
    return fitting[0] if usual in fitting or len(fitting) == 1 else usual


def _read_header(
    lines: Sequence[str], first: int, newline: str, separator: str, quoting: str
) -> tuple[list[str], int]:
    """Return the columns' names and the position of the line after them."""
    if quoting != "none" and '"' in lines[first]:
        try:
            return quoted_row(lines, first, newline, separator)
        except OpenQuotationError:
            pass
    return lines[first].removesuffix("\r").split(separator), first + 1


def _read_plain(
    rows: Rows, lines: Sequence[str], start: int, separator: str, *, suggest_quoted: bool = False
) -> None:
    width = len(rows.header)
    for number, line in enumerate(lines[start:], start + 1):
        cells = line.split(separator)
        if len(cells) == width and (width > 1 or cells[0]):
            rows.cells.append(cells)
            rows.lines.append(number)
        elif line.strip(" "):
            reason = wrong_number_of_cells(len(cells), width)
            if '"' in line and suggest_quoted:
                reason += (
                    "; quotation marks were read as text: if they quote cells, set "
                    "data.source.quoting=quoted"
                )
            rows.unreadable.append((number, reason))
