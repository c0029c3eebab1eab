"""Quoting values on a command line that Hydra's grammar would not read as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

# Characters that Hydra takes without quotes, and letters of other alphabets, which it does not.
_PLAIN = r"[\w/\-+.%*@?|]|[^\x00-\x7f]"
_WORD = re.compile(
    rf"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?:{_PLAIN})*[^\x00-\x7f](?:{_PLAIN})*"""
)


def quote_letters(argument: str) -> str:
    """Quote words with letters that Hydra's grammar does not know, such as `name=größe`.

    Args:
        argument: of the command line, as it was typed.

    Returns:
        The argument; unchanged if Hydra can parse it, or cannot parse it with quotes either.
    """
    key, equals, value = argument.partition("=")
    if not equals or argument.startswith("-") or value.isascii() or _parsed(argument) is not None:
        return argument
    quoted = f"{key}={_quote_words(value)}"
    return argument if _parsed(quoted) is None else quoted


def quote_as_one_text(override: str) -> str | None:
    """Return an override quoted for bash so that Hydra reads its value as one text.

    Args:
        override: as Hydra received it.

    Returns:
        None if there is no such form, or if Hydra reads it as one text already.
    """
    key, equals, value = override.partition("=")
    if not equals:
        return None
    before = _parsed(override)
    is_one = before is not None and not before.is_sweep_override()
    if before is not None and is_one and not isinstance(before.value(), list | dict):
        return None
    # Hydra unquotes: a backslash counts before a quote and at the end; `${` would be resolved.
    inner = re.sub(r"(\\*)('|$)", lambda match: match[1] * 2 + ("\\'" if match[2] else ""), value)
    inner = inner.replace("${", "\\${")
    quoted = f"{key}='{inner}'"
    after = _parsed(quoted)
    if after is None or not isinstance(after.value(), str):
        return None
    if str(after.value()).replace("\\${", "${") != value:
        return None
    return quoted_for_bash(quoted)


def quoted_for_bash(argument: str) -> str:
    """Return an argument quoted for bash."""
    if "!" not in argument:  # an interactive bash expands `!` in double quotes too
        return '"' + re.sub(r'([\\"$`])', r"\\\1", argument) + '"'
    return "'" + argument.replace("'", "'\\''") + "'"


def _quote_words(value: str) -> str:
    return _WORD.sub(lambda word: word[0] if word[0][0] in "'\"" else f"'{word[0]}'", value)


def _parsed(argument: str) -> Override | None:
    try:
        return OverridesParser.create().parse_override(argument)
    except (HydraException, ValueError):
        return None
