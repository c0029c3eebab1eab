"""The reserved key of `members`, and what it may say."""

from __future__ import annotations

from typing import Literal

# A policy, not a member: what becomes of a sample that some member lacks.
ON_MISSING = "on_missing"
MissingPolicy = Literal["error", "renormalise", "drop"]
