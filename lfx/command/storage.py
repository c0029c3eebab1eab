"""What a file system refuses is the user's to mend, whatever was at work: full, or closed."""

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
# No right to it, read-only, links in a circle, a file where a folder should be, a broken disk.
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENOTDIR, errno.EIO}
# Of a path in a message.
_MOST_SHOWN = 100


def storage_error(errors: Iterable[BaseException], folder: Path | None) -> StorageError | None:
    """Give what to tell where a file cannot be read or written.

    Args:
        errors: an error, and those that led to it.
        folder: the job's directory, or the multirun's; None before there is one.

    Returns:
        None where something else has happened.
    """
    for error in errors:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            path = str(error.filename or "a path")
            shown = path if len(path) <= _MOST_SHOWN else f"{path[:_MOST_SHOWN]}…"
            return StorageError(
                f"{shown}: a name has 255 bytes at the most, a path 4,096; give a shorter one"
            )
        if isinstance(error, OSError) and error.errno in _FULL:
            file = error.filename2 or error.filename  # the second one is a copy's target
            where = "" if file is None else f"{file}: "
            unfinished = "" if folder is None else f"; {folder} is unfinished"
            return StorageError(
                f"{where}{os.strerror(error.errno)}{unfinished}. Make room, or let the "
                "run's files go elsewhere by hydra.run.dir=DIRECTORY (or hydra.sweep.dir, "
                "data.cache_dir, artifacts.dir)"
            )
        if isinstance(error, OSError) and error.errno in _CLOSED and error.filename is not None:
            file = error.filename2 or error.filename
            return StorageError(
                f"{file}: {os.strerror(error.errno)}; mend it, or give another file or folder"
            )
    return None
