"""Recordings, each checked once and resampled once; the results are cached between runs."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from os import cpu_count
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.cache import cache_key, checksum, in_threads, reason_of, writable
from lfx.data.checked_sequences import Sequences, read_sequences, write_sequences
from lfx.modalities.audio.waveforms import SILENCE, Waveform, inspect_recording, read_waveform
from lfx.runtime.errors import DataError, name_some
from lfx.runtime.files import write_json
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

# Part of every cache key: increase it when decoding or resampling changes.
_VERSION = 1
# Waveforms that are decoded ahead of the one that is written.
_AHEAD = 64


@dataclass(frozen=True)
class Waveforms:
    """Resampled recordings.

    Attributes:
        places: SHA-256 of a file → its position.
        sequences: waveforms, mapped from a file; a recording that cannot be decoded has no samples.
    """

    places: Mapping[str, int]
    sequences: Sequences


def inspect_recordings(files: Mapping[str, Path], cache_dir: Path) -> dict[str, str | None]:
    """Decode every recording once; later runs read the results.

    Args:
        files: SHA-256 of each file → its path.
        cache_dir: folder of the cache.

    Returns:
        SHA-256 → what is wrong with the recording; None if nothing is.

    Raises:
        ConfigError: the cache cannot be written to, or soundfile is not installed.
    """
    digests = sorted(files)
    cached = cache_dir / "recordings" / f"{cache_key([_VERSION, digests])}.json"
    try:
        return dict(zip(digests, _read_problems(cached, len(digests)), strict=True))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("%s is damaged and is made again (%s)", cached, reason_of(error))
    unreadable = []

    def inspect(digest: str) -> str | None:
        try:
            return inspect_recording(files[digest])
        except OSError as error:
            unreadable.append(digest)
            return describe_unreadable(error)

    problems = list(in_threads(inspect, digests, "checking recordings"))
    if not unreadable:  # that would be of today, not of the content
        with writable(cache_dir):
            write_json(cached, {"checksum": checksum(problems), "problems": problems})
    return dict(zip(digests, problems, strict=True))


def cached_waveforms(
    files: Mapping[str, Path], sampling_rate: int, max_seconds: float, cache_dir: Path
) -> Waveforms:
    """Return all recordings as waveforms, from the cache if it holds them.

    They are kept as float32: what resampling gives is neither rounded, which a quiet recording
    would suffer from, nor clipped, where the filter overshoots. A damaged cache is made again.

    Args:
        files: SHA-256 of each file → its path.
        sampling_rate: of the waveforms, in hertz.
        max_seconds: longest waveform.
        cache_dir: folder of the cache.

    Raises:
        ConfigError: the cache cannot be written to, or soundfile is not installed.
        DataError: a file no longer has its digest.
    """
    digests = sorted(files)
    key = cache_key([_VERSION, digests, sampling_rate, float(max_seconds)])
    file = cache_dir / "waveforms" / f"{key}.npy"
    places = {digest: place for place, digest in enumerate(digests)}
    try:
        return Waveforms(places, read_sequences(file, len(digests)))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        log.warning("%s is damaged and is made again (%s)", file, reason_of(error))

    silent: list[str] = []

    def read(digest: str) -> Waveform:
        _require_unchanged(files[digest], digest)
        try:
            waveform = read_waveform(files[digest], sampling_rate, max_seconds)
        except ValueError:  # `inspect_recordings` says so, where the recording is wanted
            return np.empty(0, dtype=np.float32)
        if np.ptp(waveform) <= SILENCE:
            silent.append(files[digest].name)
        return waveform

    with writable(cache_dir):
        write_sequences(file, _in_parts(read, digests, "resampling recordings"))
    if silent:
        log.warning(
            "%d recordings are silent in the first %g seconds (max_seconds of the encoder): %s",
            *(len(silent), max_seconds, name_some(sorted(silent))),
        )
    log.info("resampled %d recordings at %d Hz into %s", len(digests), sampling_rate, file)
    return Waveforms(places, read_sequences(file, len(digests)))


def describe_unreadable(error: OSError) -> str:
    """Return why a file cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"the file cannot be read: {error.strerror}"


def _in_parts(
    read: Callable[[str], Waveform], digests: Sequence[str], what: str
) -> Iterator[Waveform]:
    """Yield waveforms in order, made by threads, few of them ahead of the one that is taken."""
    with ThreadPoolExecutor(max_workers=cpu_count()) as pool:
        parts = (
            pool.map(read, digests[start : start + _AHEAD])
            for start in range(0, len(digests), _AHEAD)
        )
        yield from track(chain.from_iterable(parts), what, len(digests))


def _read_problems(file: Path, count: int) -> list[str | None]:
    """Read the cached problems of so many recordings; errors mean that the file is damaged."""
    content = json.loads(file.read_bytes())
    problems = content["problems"]
    if content["checksum"] != checksum(problems) or len(problems) != count:
        raise ValueError("its checksum does not match its content")
    return list(problems)


def _require_unchanged(file: Path, digest: str) -> None:
    """Refuse a file that is no longer the one that was checked."""
    try:
        with file.open("rb") as stream:
            now = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{file} cannot be read any more: {error.strerror}") from error
    if now != digest:
        raise DataError(f"{file} has changed since it was checked; start again")
