"""Reserved keys of `members`."""

# A policy, not a member.
ON_MISSING = "on_missing"
