"""SHA-256 of files, computed once: later runs read them while no file changes."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from lfx.data.cache import cache_key, checksum, in_threads, reason_of, writable
from lfx.runtime.files import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

# Part of the cache key: increase it when the file's layout changes.
_VERSION = 1


def digest_files(files: Sequence[Path], cache_dir: Path) -> list[str | None]:
    """Return the SHA-256 of each file; None where it cannot be read.

    Args:
        files: their paths; they need not exist.
        cache_dir: digests are kept in its folder `digests`, by the files' sizes and times.

    Raises:
        ConfigError: the cache cannot be written to.
    """
    if not files:
        return []
    cached = (
        cache_dir
        / "digests"
        / f"{cache_key([_VERSION, [file_state(path) for path in files]])}.json"
    )
    try:
        return _read(cached, len(files))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("%s is damaged and is made again (%s)", cached, reason_of(error))
    digests = list(in_threads(_digest, files, "reading files"))
    # What cannot be read is not cached: a change of permissions keeps a file's size and time.
    if None not in digests:
        with writable(cache_dir):
            write_json(cached, {"checksum": checksum(digests), "digests": digests})
    return digests


def file_state(path: Path) -> list[object]:
    """Return what changes when a file does: its place, size and time; its name if it is gone."""
    try:
        stat = path.stat()
    except (OSError, ValueError):  # ValueError: a name with a null byte
        return [str(path)]
    return [str(path.resolve()), stat.st_size, stat.st_mtime_ns]


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            is_empty = stream.tell() == 0
    except (OSError, ValueError):
        return None
    return None if is_empty else digest


def _read(file: Path, count: int) -> list[str | None]:
    """Read cached digests; errors mean that the file is damaged."""
    content = json.loads(file.read_bytes())
    digests = content["digests"]
    if content["checksum"] != checksum(digests) or len(digests) != count:
        raise ValueError("its checksum does not match its content")
    return list(digests)
