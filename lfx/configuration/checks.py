"""What makes a value unfit, wherever it is set."""

from __future__ import annotations

# Threads or processes: more than this machine can have is a crash, and no faster on any.
MOST_AT_ONCE = 256


def seed_in_range(key: str, seed: int) -> list[str]:
    """Say what makes a seed unfit for NumPy and scikit-learn."""
    if 0 <= seed < 2**32:
        return []
    return [f"{key} must be in 0..{2**32 - 1}, got {seed}"]
