"""Checks of names that become file names."""

from __future__ import annotations

import re

from lfx.runtime.escaping import for_line

_LONGEST_NAME = 100  # bytes
# On Windows, with any ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def name_problems(key: str, name: str) -> list[str]:
    """Return the problems of a name as a file name, on this or any other system."""
    length = len(name.encode(errors="surrogatepass"))
    if length > _LONGEST_NAME:
        return [f"{key} becomes a file's name: at most {_LONGEST_NAME} bytes, got {length}"]
    if _RESERVED.fullmatch(name):
        return [f"{key} becomes a file's name, and {name} is reserved on Windows; choose another"]
    has_bad_end = name.startswith((".", "-", " ")) or name.endswith((".", " "))
    # `for_line` changes names with characters that control a terminal.
    if name and not has_bad_end and not set(name) & set('/\\:*?"<>|') and for_line(name) == name:
        return []
    allowed = (
        "no slashes, colons, quotes, control characters, leading dots, blanks or dashes, and no "
        "dot or blank at its end"
    )
    return [f"{key} becomes a file's name: {allowed}, got {name!r}"]
