"""The errors that are the user's to mend.

A stage turns each of them into a message of a few lines and exit status 2. Everything else is a
defect of lfx and keeps its traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UserError(Exception):
    """Something the user asked for cannot be done; the message says what to do next."""


class ConfigError(UserError):
    """A setting is unknown, of the wrong type, out of range, or at odds with another."""


class DataError(UserError):
    """A data set is missing, damaged or inconsistent."""


class RecordError(DataError):
    """A file in a run's folder is missing, damaged, or not what a run would leave."""


class WeightsError(UserError):
    """Pretrained weights cannot be found, reached or trusted."""


class CheckpointError(UserError):
    """A checkpoint is missing or does not belong to what is asked of it."""


class NothingToResumeError(CheckpointError):
    """No unfinished run is of the kind that was asked for."""


class TrainingError(UserError):
    """Training came to nothing with these settings."""


class StorageError(UserError):
    """A file could not be written: the disk is full, or a limit has been reached."""


class ArtifactError(UserError):
    """A prediction artifact is missing, damaged, or does not fit its companions."""


class FusionError(UserError):
    """Members cannot be fused as asked."""


def shorten(value: object, most: int = 80) -> str:
    """Show a value of somebody's data on one line: cut, and without control characters.

    A cell may hold a whole picture, an escape sequence or a line break; a message shows none.

    Args:
        value: what is shown; bytes are counted, not shown.
        most: characters that are shown at the most.
    """
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    text = str(value)
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in cut)
    return shown if len(text) <= most else f"{shown} ({len(text)} characters)"


def name_some(names: Iterable[object], most: int = 10) -> str:
    """List the first names for an error message, and say how many more there are."""
    listed = list(names)
    shown = ", ".join(shorten(name) for name in listed[:most])
    hidden = len(listed) - most
    return f"{shown} and {hidden} more" if hidden > 0 else shown


def in_one_line(error: BaseException) -> str:
    """Return what a library says of a failure, short enough for a message."""
    return " ".join(str(error).split())[:300] or type(error).__name__
