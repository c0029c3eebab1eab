"""The errors that the user can correct.

A command turns each of them into a message of a few lines and exit status 2. Any other error is a
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
    """A file in a run's folder is missing, damaged, or not one that a run writes."""


class WeightsError(UserError):
    """Pretrained weights cannot be found, reached or trusted."""


class CheckpointError(UserError):
    """A checkpoint is missing or does not fit the settings."""


class NothingToResumeError(CheckpointError):
    """There is no unfinished run that matches the settings."""


class TrainingError(UserError):
    """Training failed with these settings."""


class StorageError(UserError):
    """A file could not be written: the disk is full, or a limit has been reached."""


class ArtifactError(UserError):
    """A prediction artifact is missing, damaged, or does not fit the other members."""


class FusionError(UserError):
    """Members cannot be fused with these settings."""


def shorten(value: object, most: int = 80) -> str:
    """Return a value from data on one line: cut, and without control characters.

    A cell may hold a whole picture, an escape sequence or a line break.

    Args:
        value: any value; bytes are counted, not shown.
        most: number of characters that are shown at most.
    """
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    text = str(value)
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    shown = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in cut)
    return shown if len(text) <= most else f"{shown} ({len(text)} characters)"


def name_some(names: Iterable[object], most: int = 10) -> str:
    """Return the first names for an error message, with the number of the rest."""
    listed = list(names)
    shown = ", ".join(shorten(name) for name in listed[:most])
    hidden = len(listed) - most
    return f"{shown} and {hidden} more" if hidden > 0 else shown


def in_one_line(error: BaseException) -> str:
    """Return an error's message on one line, at most 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__
