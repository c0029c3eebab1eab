"""CSV and TSV text to rows, none of which is lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lfx.data.quotation import OpenQuotationError, QuotedReader, Rows, miscounted, quoted_row
from lfx.data.quoting_evidence import judge
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SEPARATORS = (",", "\t", ";", "|")
# Excel writes the separator into a line before the header, and reads it in either case; what saves
# the file again fills that line with empty cells.
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
    """Tell the rows of a CSV or TSV text apart.

    Args:
        text: the file's content.
        usual: the separator that the file's ending promises.
        wanted: columns that are looked for; where `usual` does not give them and exactly one other
            common separator does, that one is taken.
        separator: between cells; None: as above.
        quoting: `quoted` as in RFC 4180; `none`: a quotation mark is a character; `auto`: what the
            rows bear out.

    Raises:
        DataError: the text is empty.
    """
    lines, newline = _split_lines(text)
    first = next((place for place, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise DataError("the file is empty")
    notes = []
    said = _EXCEL.fullmatch(lines[first].rstrip("\r"))
    if said is not None and first + 1 < len(lines):
        separator, first = separator or said[1], first + 1
    if separator is None:
        separator = _tell_separator(lines, first, newline, usual, wanted, quoting)
        if separator != usual:
            notes.append(f"the separator is {_NAMES[separator]}, as the header shows")
    header, start = _read_header(lines, first, newline, separator, quoting)
    rows = Rows(header, notes=notes)
    plain = [line.removesuffix("\r") for line in lines] if "\r" in text else lines
    marked = quoting != "none" and '"' in text
    if not marked:
        _read_plain(rows, plain, start, separator)
        return rows
    reader = QuotedReader(lines, plain, newline, separator, len(header))
    evidence = reader.read(rows, start, trusting=True)
    if quoting == "quoted":
        return rows
    quoted_header = all(cell.startswith('"') for cell in plain[first].split(separator))
    verdict = judge(evidence, rows, separator, usual=quoted_header)
    if verdict == "plain":
        rows = Rows(header, notes=rows.notes, warnings=rows.warnings)
        _read_plain(rows, plain, start, separator, told=True)
    elif verdict == "wary":
        rows = Rows(header, notes=rows.notes, warnings=rows.warnings)
        reader.read(rows, start, trusting=False)
    return rows


def _split_lines(text: str) -> tuple[list[str], str]:
    """Split at the line break that ends the first line; a lone CR elsewhere is a character."""
    feed, carriage = text.find("\n"), text.find("\r")
    old_mac = carriage >= 0 and (feed < 0 or carriage < feed - 1)
    newline = "\r" if old_mac else "\n"
    return text.split(newline), newline


def _tell_separator(
    lines: Sequence[str],
    first: int,
    newline: str,
    usual: str,
    wanted: Collection[str],
    quoting: str,
) -> str:
    fitting = [
        one
        for one in dict.fromkeys((usual, *SEPARATORS))
        if set(wanted) <= set(_read_header(lines, first, newline, one, quoting)[0])
    ]
    return fitting[0] if usual in fitting or len(fitting) == 1 else usual


def _read_header(
    lines: Sequence[str], first: int, newline: str, separator: str, quoting: str
) -> tuple[list[str], int]:
    """Give the columns' names, and the line after them."""
    if quoting != "none" and '"' in lines[first]:
        try:
            return quoted_row(lines, first, newline, separator)
        except OpenQuotationError:
            pass
    return lines[first].removesuffix("\r").split(separator), first + 1


def _read_plain(
    rows: Rows, lines: Sequence[str], start: int, separator: str, *, told: bool = False
) -> None:
    width = len(rows.header)
    for place in range(start, len(lines)):
        cells = lines[place].split(separator)
        if len(cells) == width and (width > 1 or cells[0]):
            rows.cells.append(cells)
            rows.lines.append(place + 1)
        elif lines[place].strip(" "):
            reason = miscounted(len(cells), width)
            if '"' in lines[place] and told:
                reason += "; quotation marks were read as text, data.source.quoting=quoted if not"
            rows.broken.append((place + 1, reason))
