"""Whether a CSV or TSV text is quoted, as its rows bear out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from lfx.data.quotation import Rows

# So many rows that can only be read as quoted outweigh one that looks like several whole rows.
_OUTWEIGHS = 10


@dataclass
class Evidence:
    """What speaks for quoting in the rows of a text that was read as quoted.

    Attributes:
        needed: rows that have the right number of cells only if they are quoted.
        against: lines of the rows that are whole only if a quotation mark is a character.
        spans: first and last line of quotations whose ends each look like a whole row.
        needless: for each column, cells that are quoted though nothing in them asks for it.
        first_needless: the first line with such a cell.
        first_escaped: the first line with a backslash before a quotation mark.
    """

    needed: int = 0
    against: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    needless: Counter[int] = field(default_factory=Counter)
    first_needless: int = 0
    first_escaped: int = 0


def judge(evidence: Evidence, rows: Rows, separator: str, *, usual: bool) -> str:
    """Say how to read, and note why: `quoted`, `wary` (no quotation over whole rows) or `plain`.

    Args:
        evidence: of the rows read as quoted.
        rows: those rows; they get the note.
        separator: between cells.
        usual: whether all of the header is quoted, so that everything is.
    """
    setting = "data.source.quoting=quoted|none says which"
    most = max(evidence.needless.values(), default=0)
    if usual or most * 2 > len(rows.cells):  # a writer that quotes what needs it not
        _warn_of_spans(evidence, rows, setting)
        return "quoted"
    against = sorted({*evidence.against, *(first for first, _ in evidence.spans)})
    if evidence.needed and evidence.needed >= len(against):
        return _judge_spans(evidence, rows, setting)
    if against:
        # Where lines could be one text or several rows, somebody has to look.
        told = rows.warnings if evidence.spans else rows.notes
        told.append(
            "quotation marks are characters of the text, since some open a cell and close none, or "
            f"stand within one (line {against[0]}); {setting}"
        )
        if evidence.first_escaped:
            rows.warnings.append(
                "backslashes before quotation marks are characters of the text as well (line "
                f"{evidence.first_escaped} first); where a tool such as MySQL or Spark put them, "
                "let it write the marks twice instead"
            )
        return "plain"
    if not evidence.needless:
        return "quoted"
    kept = separator == "\t"
    count = sum(evidence.needless.values())
    rows.warnings.append(
        f"{count} {'cells are' if count > 1 else 'cell is'} in quotation marks though nothing asks "
        f"for it (line {evidence.first_needless} first); the marks are "
        f"{'kept as text' if kept else 'taken off'}; {setting}"
    )
    return "plain" if kept else "quoted"


def _judge_spans(evidence: Evidence, rows: Rows, setting: str) -> str:
    """Say whether quotations may be as long as whole rows, in a text that is quoted."""
    if not evidence.spans:
        return "quoted"
    if evidence.against or evidence.needed < _OUTWEIGHS * len(evidence.spans):
        return "wary"
    _warn_of_spans(evidence, rows, setting)
    return "quoted"


def _warn_of_spans(evidence: Evidence, rows: Rows, setting: str) -> None:
    if evidence.spans:
        spans = name_some([f"{first} to {last}" for first, last in evidence.spans], 3)
        rows.warnings.append(
            f"quotations that look like whole rows are read as one text: lines {spans}; {setting}"
        )
