"""What makes a value unfit, wherever it is set."""

from __future__ import annotations

_LONGEST_NAME = 100


def named_plainly(key: str, name: str) -> list[str]:
    """Say what makes a name unfit for a file."""
    if len(name.encode()) > _LONGEST_NAME:
        return [f"{key} becomes a file's name: at most {_LONGEST_NAME} bytes, got {len(name)}"]
    if name and not name.startswith(".") and not set(name) & set('/\\:*?"<>|\n'):
        return []
    return [
        f"{key} becomes a file's name: no slashes, colons, quotes or leading dots, got {name!r}"
    ]


def seed_in_range(key: str, seed: int) -> list[str]:
    """Say what makes a seed unfit for NumPy and scikit-learn."""
    if 0 <= seed < 2**32:
        return []
    return [f"{key} must be in 0..{2**32 - 1}, got {seed}"]
