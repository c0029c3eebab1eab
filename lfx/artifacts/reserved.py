"""The reserved key of `members`, and what it may say."""

# A policy, not a member: what becomes of a sample that some member lacks.
ON_MISSING = "on_missing"
MISSING_POLICIES = ("error", "renormalise", "drop")
