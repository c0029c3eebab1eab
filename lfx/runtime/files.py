"""Writing files atomically, and checks of paths before long work."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import ConfigError
from lfx.runtime.parts import part_affixes, remove_dead_parts

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def atomic_path(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a path to write to; it becomes `target` only when the block ends without an error.

    The temporary file is in the target's folder, so that the final step is one rename on one file
    system. A reader sees the old content or the new, never a part. The first time that a process
    writes into a folder, the temporary files of killed processes are removed from it.

    Args:
        target: the file's final path; missing parents are made.
        durable: whether the content reaches the disk before the name does, so that a power cut
            leaves the old file or the new one.

    Yields:
        The path to write to.
    """
    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    _remove_dead_parts_once(str(folder.absolute()))
    prefix, suffix = part_affixes(target)
    handle, name = tempfile.mkstemp(dir=folder.absolute(), prefix=prefix, suffix=suffix)
    os.close(handle)
    part = Path(name)
    _written_here.add(name)
    try:
        yield part
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)  # mkstemp makes files that only their owner can read
        if durable:
            _flush(part)
        part.replace(target)
        if durable and os.name != "nt":
            _flush(folder)
    finally:
        part.unlink(missing_ok=True)
        _written_here.discard(name)


def _flush(path: Path) -> None:
    """Wait until a file's content, or a folder's names, have reached the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# Temporary files that this process is writing.
_written_here: set[str] = set()


@lru_cache(maxsize=4096)
def _remove_dead_parts_once(folder: str) -> None:
    remove_dead_parts(Path(folder), _written_here)


def copy_file(source: Path, target: Path, *, durable: bool = False) -> None:
    """Copy a file's content atomically."""
    with atomic_path(target, durable=durable) as part:
        shutil.copyfile(source, part)


def require_folder(path: str, key: str) -> Path:
    """Make a folder and check that it can be written to, before hours of work.

    Args:
        path: the folder.
        key: the setting that names it, for the message.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    if not path.strip() or "\0" in path:
        raise ConfigError(f"{key} needs a folder's path, got {path!r}")
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"{key}={path} is not a folder that can be written to: {reason}"
        ) from error
    return folder


def require_file(path: str, key: str) -> Path:
    """Make the folder of a file and check that it can be written to, before hours of work.

    Args:
        path: the file, which need not exist.
        key: the setting that names it, for the message.

    Raises:
        ConfigError: the path is not a file's, or the file cannot be written.
    """
    if not path.strip() or "\0" in path or path.endswith("/"):
        raise ConfigError(f"{key} needs a file's path, got {path!r}")
    file = Path(path)
    if os.path.lexists(file) and not file.is_file():
        raise ConfigError(f"{key}={path} exists and is not a file; give a file's path")
    require_folder(str(file.parent), key)
    return file


def write_json(target: Path, content: Any) -> None:
    """Write `content` as indented JSON, atomically; NaN and infinities are refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_path(target) as part:
        part.write_text(text + "\n", encoding="utf-8")


def is_folder(path: Path) -> bool:
    """Check for a folder; False where the user may not look."""
    try:
        return path.is_dir()
    except PermissionError:
        return False
