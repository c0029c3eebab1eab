"""What comes from data, made harmless where people see it: one function a medium.

Ids, texts, class names and file names are strangers' words. Files for machines (Parquet, JSON) hold
them as they are; what is for people holds what these functions give.
"""

from __future__ import annotations

import html
import logging
import re
import unicodedata

# Besides controls: lone surrogates, ends of lines and paragraphs, and marks that turn the direction
# of what follows. Joiners stay, emoji and several scripts need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_LINE_ENDS = re.compile(r"[\t\n]")


def for_terminal(text: str) -> str:
    r"""Make what steers a terminal visible, such as `\x1b`; tabs and line feeds stay.

    >>> for_terminal("a\x1b[31mb\r\u202ec")
    'a\\x1b[31mb\\r\\u202ec'
    """
    return _UNSEEN.sub(_visible, text)


def for_line(text: str) -> str:
    r"""Make a text safe for a terminal that has to stay in its line.

    >>> for_line("a\nb")
    'a\\nb'
    """
    return _LINE_ENDS.sub(_visible, for_terminal(text))


def for_markdown(text: str) -> str:
    r"""Make a text safe for a cell of a Markdown table: no HTML, no link, no end of the cell.

    >>> for_markdown("<b>a|b</b> [c](d)\n`e`")
    '&lt;b&gt;a\\|b&lt;/b&gt; [c]\\(d) \\`e\\`'
    """
    one_line = for_terminal(" ".join(re.split(r"[\t\n\r]+", text)))
    marked = re.sub(r"[\\|`]|(?<=\])\(", r"\\\g<0>", one_line)
    return html.escape(marked, quote=False)


def for_latex(text: str) -> str:
    r"""Make a text safe for a cell of a LaTeX table: no command, no end of the cell or of the line.

    >>> for_latex("a_b & 5 % \\input{x}")
    'a\\_b \\& 5 \\% \\textbackslash{}input\\{x\\}'
    """
    one_line = for_terminal(" ".join(re.split(r"[\t\n\r]+", text)))
    return _LATEX.sub(lambda found: _IN_LATEX.get(found[0], f"\\{found[0]}"), one_line)


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
    r"""Make a value safe for a CSV that people open in a spreadsheet.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, as spreadsheets
    themselves mark text. Numbers stay numbers, and so does a text that is one, such as `-1.5`.

    >>> [for_csv(value) for value in ("=1+1", "@name", "-1.5", -1.5, "-a", None)]
    ["'=1+1", "'@name", '-1.5', -1.5, "'-a", None]
    """
    if not isinstance(value, str):
        return value
    text = for_terminal(value)
    opens = value.lstrip(" \t\r\n\x00\ufeff")[:1]
    is_formula = unicodedata.normalize("NFKC", opens)[:1] in {"=", "+", "-", "@"} or value[:1] in {
        "\t",
        "\r",
        "\n",
    }
    return f"'{text}" if is_formula and not _NUMBER.fullmatch(value) else text


_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


class TerminalFormatter(logging.Formatter):
    """Formats log lines; nothing in them steers the terminal that shows them."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, with a traceback where there is one."""
        return for_terminal(super().format(record))


def _visible(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
