"""What a file system refuses, full or a name too long: the user's to mend, whatever was at work."""

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
# Of a path in a message.
_MOST_SHOWN = 100


def storage_error(errors: Iterable[BaseException], folder: Path) -> StorageError | None:
    """Give what to tell where there is no room for a file, or its name is too long.

    Args:
        errors: an error, and those that led to it.
        folder: the job's directory.

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
            return StorageError(
                f"{where}{os.strerror(error.errno)}; {folder} is unfinished. Make room, or let the "
                "run's files go elsewhere by hydra.run.dir=DIRECTORY (or hydra.sweep.dir, "
                "data.cache_dir, artifacts.dir)"
            )
    return None
