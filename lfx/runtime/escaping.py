"""Escaping of text that comes from data, one function for each medium that people read.

Ids, texts, class names and file names are not trusted. Files for machines (Parquet, JSON) hold
them unchanged; everything that people read is escaped by these functions.
"""

from __future__ import annotations

import html
import logging
import re
import unicodedata

# Control characters, lone surrogates, separators of lines and paragraphs, and marks that change the
# direction of the text. Joiners stay: emoji and several scripts need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_LINE_ENDS = re.compile(r"[\t\n]")


def for_terminal(text: str) -> str:
    r"""Escape the characters that control a terminal, such as `\x1b`; tabs and line feeds stay.

    >>> for_terminal("a\x1b[31mb\r\u202ec")
    'a\\x1b[31mb\\r\\u202ec'
    """
    return _INVISIBLE.sub(_escape, text)


def for_line(text: str) -> str:
    r"""Escape a text for one line of a terminal: tabs and line feeds are escaped too.

    >>> for_line("a\nb")
    'a\\nb'
    """
    return _LINE_ENDS.sub(_escape, for_terminal(text))


def for_markdown(text: str) -> str:
    r"""Escape a text for a cell of a Markdown table: no HTML, no link, no end of the cell.

    >>> for_markdown("<b>a|b</b> [c](d)\n`e`")
    '&lt;b&gt;a\\|b&lt;/b&gt; [c]\\(d) \\`e\\`'
    """
    return html.escape(re.sub(r"[\\|`]|(?<=\])\(", r"\\\g<0>", _on_one_line(text)), quote=False)


def for_latex(text: str) -> str:
    r"""Escape a text for a cell of a LaTeX table: no command, no end of the cell or of the line.

    >>> for_latex("a_b & 5 % \\input{x}")
    'a\\_b \\& 5 \\% \\textbackslash{}input\\{x\\}'
    """
    return _LATEX.sub(lambda match: _IN_LATEX.get(match[0], f"\\{match[0]}"), _on_one_line(text))


def _on_one_line(text: str) -> str:
    return for_terminal(" ".join(re.split(r"[\t\n\r]+", text)))


_LATEX = re.compile(r"[\\&%$#_{}~^<>±]")
_IN_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
}


def for_csv(value: object) -> object:
    r"""Escape a value for a CSV that people open in a spreadsheet.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, as spreadsheets
    themselves mark text. Numbers stay as they are, and so do texts such as `-1.5`.

    >>> [for_csv(value) for value in ("=1+1", "@name", "-1.5", -1.5, "-a", None)]
    ["'=1+1", "'@name", '-1.5', -1.5, "'-a", None]
    """
    if not isinstance(value, str):
        return value
    text = for_terminal(value)
    first = unicodedata.normalize("NFKC", value.lstrip(" \t\r\n\x00\ufeff")[:1])
    is_formula = first[:1] in {"=", "+", "-", "@"} or value.startswith(("\t", "\r", "\n"))
    return f"'{text}" if is_formula and not _NUMBER.fullmatch(value) else text


_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


class TerminalFormatter(logging.Formatter):
    """Formats log lines without characters that control the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with a traceback where there is one."""
        return for_terminal(super().format(record))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "surrogatepass").decode("ascii")
