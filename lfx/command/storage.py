"""Errors of the file system that the user can correct: a full disk, or no access."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from lfx.runtime.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# No space left on the device, over the user's quota, over the largest size of a file.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# No permission, read-only, a cycle of links, a file in place of a folder, a damaged disk.
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENOTDIR, errno.EIO}
# Characters of a path in a message.
_MOST_SHOWN = 100


def storage_error(errors: Iterable[BaseException], folder: Path | None) -> StorageError | None:
    """Return the error to report if a file cannot be read or written.

    Args:
        errors: an error, and those that led to it.
        folder: the job's directory, or the multirun's; None before it exists.

    Returns:
        None if none of the errors is the file system's.
    """
    for error in errors:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            path = str(error.filename or "a path")
            shown = path if len(path) <= _MOST_SHOWN else f"{path[:_MOST_SHOWN]}…"
            return StorageError(
                f"{shown}: a name has at most 255 bytes, a path 4,096; give a shorter one"
            )
        if isinstance(error, OSError) and error.errno in _FULL:
            file = error.filename2 or error.filename  # the second is the target of a copy
            where = "" if file is None else f"{file}: "
            unfinished = "" if folder is None else f"; {folder} is unfinished"
            return StorageError(
                f"{where}{os.strerror(error.errno)}{unfinished}. Free space, or choose another "
                "place for the run's files: hydra.run.dir=DIRECTORY (or hydra.sweep.dir, "
                "data.cache_dir, artifacts.dir)"
            )
        if isinstance(error, OSError) and error.errno in _CLOSED and error.filename is not None:
            file = error.filename2 or error.filename
            return StorageError(
                f"{file}: {os.strerror(error.errno)}; correct it, or give another file or folder"
            )
    return None
