"""Typed settings: a dataclass per config group, and the checks between settings."""
