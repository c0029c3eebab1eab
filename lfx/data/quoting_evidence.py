"""Deciding from its rows whether a CSV or TSV text is quoted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from lfx.data.quotation import Rows

# So many rows that can only be read as quoted outweigh one that looks like several rows.
_OUTWEIGHS = 10


@dataclass
class Evidence:
    """Evidence for and against quoting, from the rows of a text that was read as quoted.

    Attributes:
        needed: number of rows that have the right number of cells only if they are quoted.
        against: lines of rows that are complete only if a quotation mark is a character.
        spans: first and last line of quotations that look like several rows.
        needless: for each column, the number of cells whose quotes are not needed.
        first_needless: the first line with such a cell.
        first_escaped: the first line with a backslash before a quotation mark.
    """

    needed: int = 0
    against: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    needless: Counter[int] = field(default_factory=Counter)
    first_needless: int = 0
    first_escaped: int = 0


def decide_quoting(
    evidence: Evidence, rows: Rows, separator: str, *, quoted_header: bool
) -> Literal["quoted", "quoted_rows", "plain"]:
    """Decide how to read a text, and note why.

    Args:
        evidence: of the rows read as quoted.
        rows: those rows; they get the note.
        separator: between cells.
        quoted_header: whether all cells of the header are quoted.

    Returns:
        `quoted`; `quoted_rows`: no quotation spans lines that look like rows; or `plain`.
    """
    setting = "data.source.quoting=quoted|none decides it"
    most = max(evidence.needless.values(), default=0)
    if quoted_header or most * 2 > len(rows.cells):  # a program that quotes all cells
        _warn_of_spans(evidence, rows, setting)
        return "quoted"
    against = sorted({*evidence.against, *(first for first, _ in evidence.spans)})
    if evidence.needed and evidence.needed >= len(against):
        return _decide_on_spans(evidence, rows, setting)
    if against:
        # Lines that could be one text or several rows deserve a warning.
        messages = rows.warnings if evidence.spans else rows.notes
        messages.append(
            "quotation marks are read as characters of the text, since some open a cell and do not "
            f"close it, or are inside a cell (line {against[0]}); {setting}"
        )
        if evidence.first_escaped:
            rows.warnings.append(
                "backslashes before quotation marks are read as characters of the text too (first "
                f"in line {evidence.first_escaped}); if a tool such as MySQL or Spark wrote them, "
                "let it write the marks twice instead"
            )
        return "plain"
    if not evidence.needless:
        return "quoted"
    kept = separator == "\t"
    count = sum(evidence.needless.values())
    rows.warnings.append(
        f"{count} {'cells are' if count > 1 else 'cell is'} in quotation marks that are not needed "
        f"(first in line {evidence.first_needless}); the marks are "
        f"{'kept as text' if kept else 'removed'}; {setting}"
    )
    return "plain" if kept else "quoted"


def _decide_on_spans(
    evidence: Evidence, rows: Rows, setting: str
) -> Literal["quoted", "quoted_rows"]:
    """Decide whether quotations may span lines that look like rows, in a quoted text."""
    if not evidence.spans:
        return "quoted"
    if evidence.against or evidence.needed < _OUTWEIGHS * len(evidence.spans):
        return "quoted_rows"
    _warn_of_spans(evidence, rows, setting)
    return "quoted"


def _warn_of_spans(evidence: Evidence, rows: Rows, setting: str) -> None:
    if evidence.spans:
        spans = name_some([f"{first} to {last}" for first, last in evidence.spans], 3)
        rows.warnings.append(
            f"quotations that look like several rows are read as one text: lines {spans}; {setting}"
        )
