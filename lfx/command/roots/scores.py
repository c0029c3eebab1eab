"""The setting `scores`, of every command that prints some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class WithScores:
    """Commands whose tables have scores."""

    # Further scores, from outside of lfx: name -> the function that returns it.
    scores: Any = field(default_factory=dict)
