"""What recordings tell of themselves: their headers are read, no sound is decoded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.cache import in_threads
from lfx.modalities.audio.recordings import describe_unreadable
from lfx.modalities.audio.sound_file import begins_as_sound, open_sound
from lfx.modalities.facts import Facts
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class _Header:
    seconds: float
    rate: int
    channels: int
    format: str


def recording_facts(files: Mapping[int, Path]) -> Facts:
    """Return durations, sampling rates, channels and formats of recordings.

    Args:
        files: position in the table → path.

    Raises:
        ConfigError: soundfile is not installed.
    """
    headers = list(in_threads(_header, list(files.values()), "reading headers of recordings"))
    readable = [one for one in headers if isinstance(one, _Header)]
    return Facts(
        measures={
            "seconds": np.array(
                [one.seconds if isinstance(one, _Header) else np.nan for one in headers]
            )
        },
        counts={
            "sampling rate (Hz)": Counter(str(one.rate) for one in readable),
            "channels": Counter(str(one.channels) for one in readable),
            "format": Counter(one.format for one in readable),
        },
        problems={
            row: one for row, one in zip(files, headers, strict=True) if isinstance(one, str)
        },
    )


def is_recording(content: Path | bytes | None) -> bool:
    """Return whether a file begins as a sound file does."""
    if isinstance(content, bytes):
        return begins_as_sound(content)
    try:
        if content is None or not content.is_file():
            return False
        with content.open("rb") as stream:
            return begins_as_sound(stream.read(16))
    except (OSError, ValueError):
        return False


def _header(file: Path) -> _Header | str:
    """Return a recording's header, or what is wrong with it."""
    try:
        with open_sound(file) as opened:
            samples = int(opened.sound.frames)
            if samples < 1:
                return f"it has no samples ({shorten(file.name)})"
            opened.require_whole(samples)
            kind = f"{opened.sound.format}, {opened.sound.subtype}"
            rate, channels = opened.sampling_rate, int(opened.sound.channels)
            return _Header(samples / rate, rate, channels, kind)
    except OSError as error:
        return f"{describe_unreadable(error)} ({shorten(file.name)})"
    except ValueError as error:
        return f"{error} ({shorten(file.name)})"
