"""What a signal raises."""

from __future__ import annotations


class Terminated(SystemExit):
    """The process was asked to end, by SIGTERM; its code is the exit status."""
