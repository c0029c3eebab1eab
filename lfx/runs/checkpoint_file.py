"""A checkpoint as a file: whole or absent, checked bit by bit when it is read, never executed."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import torch

from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path


def write_content(file: Path, content: Any) -> None:
    """Write a checkpoint beside its place, flush it to the disk, and move it into place.

    A process that is killed in between leaves the older checkpoint. `torch.save` writes a zip
    archive, which holds a CRC-32 of each of its records.
    """
    with atomic_path(file, durable=True) as part, part.open("wb") as stream:
        torch.save(content, stream)


def read_content(file: Path) -> Any:
    """Read a checkpoint of tensors and plain values; nothing in it is executed.

    Raises:
        ValueError: the file is damaged, or not one that `torch.save` wrote; the message says how.
    """
    try:
        reason = _damage(file)
        content = None if reason else torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ValueError(error.strerror or type(error).__name__) from error
    except Exception as error:  # each way of being damaged has its own
        raise ValueError(f"{type(error).__name__} while reading it") from error
    if reason is not None:
        raise ValueError(reason)
    return content


def _damage(file: Path) -> str | None:
    """Return how an archive differs from what `torch.save` writes; None where it does not.

    `torch.load` reads the records without checking their CRC-32.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                return "its records are compressed"
            if sum(entry.file_size for entry in entries) > file.stat().st_size:
                return "its records are larger than the file"
            if len({entry.filename for entry in entries}) < len(entries):
                return "two of its records have one name"
            broken = archive.testzip()
    except zipfile.BadZipFile as error:
        return f"it is no whole archive: {str(error)[:100]!r}"
    return None if broken is None else f"the checksum of its record {broken[:100]!r} is wrong"
