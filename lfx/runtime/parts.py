"""Temporary files that are being written: their names, and removal after a writer has died."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

_DAY = 24 * 3600.0  # seconds
_LONGEST_NAME = 100  # bytes; file systems take 255, and the rest of the name needs some
_PART = re.compile(r"\..*\.lfx-(?P<host>[0-9a-f]{8})-(?P<pid>\d{1,10})-\w{8}\.part", re.DOTALL)


def part_affixes(target: Path) -> tuple[str, str]:
    """Return how the name of a temporary file for `target` begins and ends.

    The name holds the machine and the process that writes the file, so that files of killed
    processes are recognised.
    """
    name = os.fsencode(target.name)[:_LONGEST_NAME].decode(errors="ignore")
    return f".{name}.lfx-{_host()}-{os.getpid()}-", ".part"


def is_dead(part: Path, written_here: set[str]) -> bool:
    """Check whether nobody writes a temporary file any more.

    A file of another machine counts as dead a day after its last change.

    Args:
        part: a file.
        written_here: paths of the temporary files that this process is writing.

    Returns:
        True only for a file with a temporary file's name.
    """
    match = _PART.fullmatch(part.name)
    if match is None or str(part) in written_here:
        return False
    pid = int(match["pid"])
    if match["host"] == _host() and os.name != "nt":  # on Windows signal 0 is Ctrl-C
        # Containers reuse process numbers: this process writes only the files in `written_here`.
        return pid == os.getpid() or not _runs(pid)
    return time.time() - part.lstat().st_mtime > _DAY


def remove_dead_parts(folder: Path, written_here: set[str]) -> None:
    """Remove the temporary files in a folder whose writers have died.

    Args:
        folder: the folder, without folders inside it.
        written_here: paths of the temporary files that this process is writing.
    """
    with suppress(OSError):  # a temporary file that stays only takes up disk space
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".part")]
        for name in names:
            part = folder / name
            if is_dead(part, written_here):
                part.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's process
        return True
    try:  # a zombie writes no more
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return True
    return state[:1] != ["Z"]


@lru_cache(maxsize=1)
def _host() -> str:
    return hashlib.sha256(platform.node().encode(errors="replace")).hexdigest()[:8]
