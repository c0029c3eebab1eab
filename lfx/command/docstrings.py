"""Reading Google-style docstrings: the summary, and the sentences on arguments."""

from __future__ import annotations

import re
from inspect import cleandoc, getsource
from textwrap import dedent

_SECTION = re.compile(r"^(Args|Attributes):\n((?:[ \t]+.*\n?|\n)*)", re.MULTILINE)
_ARGUMENT = re.compile(r"(\w+)(?: \([^)]*\))?:\s+(.*)", re.DOTALL)


def summary(docstring: str) -> str:
    """Return a docstring's first paragraph on one line."""
    return " ".join(cleandoc(docstring).partition("\n\n")[0].split())


def field_comments(kind: type) -> dict[str, str]:
    """Return the comment above each field of a dataclass, inherited fields included."""
    comments: dict[str, str] = {}
    for owner in reversed(kind.__mro__[:-1]):
        above: list[str] = []
        for line in map(str.strip, getsource(owner).splitlines()):
            field = re.match(r"(\w+): (?!ClassVar)", line)
            if field and above:
                comments[field[1]] = " ".join(above)
            above = [*above, line.lstrip("# ")] if line.startswith("#") else []
    return comments


def argument_sentences(docstring: str) -> dict[str, str]:
    r"""Return the text on each name in the sections `Args` and `Attributes`, on one line.

    Example:
        >>> argument_sentences("A pool.\n\nArgs:\n    power: of the mean,\n        above 0.\n")
        {'power': 'of the mean, above 0.'}
    """
    sentences = {}
    for _, body in _SECTION.findall(cleandoc(docstring) + "\n"):
        for entry in re.split(r"\n(?=\S)", dedent(body).strip()):
            match = _ARGUMENT.fullmatch(entry.strip())
            if match:
                sentences[match[1]] = " ".join(match[2].split())
    return sentences
