"""Values on a command line that Hydra's grammar has another use for, or none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

# What Hydra takes without quotes, and letters of other languages, which it would if it knew them.
_PLAIN = r"[\w/\-+.%*@?|]|[^\x00-\x7f]"
_WORD = re.compile(
    rf"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?:{_PLAIN})*[^\x00-\x7f](?:{_PLAIN})*"""
)


def quote_letters(argument: str) -> str:
    """Quote words with letters that Hydra's grammar does not know, such as `name=größe`.

    Args:
        argument: of the command line, as it was typed.

    Returns:
        The argument; the same where Hydra understands it, or where quotes would not help.
    """
    key, equals, value = argument.partition("=")
    if not equals or argument.startswith("-") or value.isascii() or _parsed(argument) is not None:
        return argument
    quoted = f"{key}={_quote_words(value)}"
    return argument if _parsed(quoted) is None else quoted


def typed_as_one(override: str) -> str | None:
    """Give an override as it is to be typed in bash so that all of its value is one text.

    Args:
        override: as Hydra got it.

    Returns:
        None where there is no such form, or where Hydra takes it as one text already.
    """
    key, equals, value = override.partition("=")
    if not equals:
        return None
    before = _parsed(override)
    is_one = before is not None and not before.is_sweep_override()
    if before is not None and is_one and not isinstance(before.value(), list | dict):
        return None
    # Hydra unquotes: a backslash counts before a quote and at the end; `${` would be resolved.
    inner = re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), value)
    inner = inner.replace("${", "\\${")
    hydras = f"{key}='{inner}'"
    after = _parsed(hydras)
    if after is None or not isinstance(after.value(), str):
        return None
    if str(after.value()).replace("\\${", "${") != value:
        return None
    return quoted_for_bash(hydras)


def quoted_for_bash(argument: str) -> str:
    """Give an argument in the quotes that bash takes off again."""
    if "!" not in argument:  # in an interactive bash it is history, in double quotes too
        return '"' + re.sub(r'([\\"$`])', r"\\\1", argument) + '"'
    return "'" + argument.replace("'", "'\\''") + "'"


def _quote_words(value: str) -> str:
    def quote(found: re.Match[str]) -> str:
        word = found[0]
        return word if word[0] in "'\"" else f"'{word}'"

    return _WORD.sub(quote, value)


def _parsed(argument: str) -> Override | None:
    try:
        return OverridesParser.create().parse_override(argument)
    except (HydraException, ValueError):
        return None
