"""Files that are either whole or absent."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a path to write to; it becomes `target` only when the block ends without an error.

    The temporary file lies in the target's own folder, so that the final step is one rename on one
    file system. A reader sees the old content or the new, never a part.

    Args:
        target: where the file shall be in the end; missing parents are made.

    Yields:
        The path to write to.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)  # mkstemp makes files that only their owner can read
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def require_folder(path: str, key: str) -> Path:
    """Make a folder before hours of work end in it.

    Args:
        path: the folder.
        key: the setting that names it, for the message.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{key}={path} is no folder that can be written to: {reason}") from error
    return folder


def write_json(target: Path, content: Any) -> None:
    """Write `content` as indented JSON, atomically; NaN and infinities are refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_path(target) as part:
        part.write_text(text + "\n", encoding="utf-8")
