"""What makes a value unfit, wherever it is set."""

from __future__ import annotations

import re

from lfx.runtime.escaping import for_line

# Threads or processes: more than this machine can have is a crash, and no faster on any.
MOST_AT_ONCE = 256
_LONGEST_NAME = 100
# On Windows, with any ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def named_plainly(key: str, name: str) -> list[str]:
    """Say what makes a name unfit for a file, here or on any other system."""
    length = len(name.encode(errors="surrogatepass"))
    if length > _LONGEST_NAME:
        return [f"{key} becomes a file's name: at most {_LONGEST_NAME} bytes, got {length}"]
    if _RESERVED.fullmatch(name):
        return [f"{key} becomes a file's name, and {name} is reserved on Windows; choose another"]
    opens_or_ends = name.startswith((".", "-", " ")) or name.endswith((".", " "))
    # What steers a terminal is no part of a name either.
    if name and not opens_or_ends and not set(name) & set('/\\:*?"<>|') and for_line(name) == name:
        return []
    what = (
        "no slashes, colons, quotes, control characters, leading dots, blanks or dashes, and no "
        "dot or blank at its end"
    )
    return [f"{key} becomes a file's name: {what}, got {name!r}"]


def seed_in_range(key: str, seed: int) -> list[str]:
    """Say what makes a seed unfit for NumPy and scikit-learn."""
    if 0 <= seed < 2**32:
        return []
    return [f"{key} must be in 0..{2**32 - 1}, got {seed}"]
