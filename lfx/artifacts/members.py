"""Members' files, read and joined once for all jobs of a sweep."""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lfx.artifacts.join import join
from lfx.artifacts.parquet import read_predictions
from lfx.artifacts.suspicious_logits import look_like_probabilities, probabilities_warning
from lfx.runtime.errors import ArtifactError, FusionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.joined import JoinedMembers
    from lfx.artifacts.predictions import Predictions

log = logging.getLogger(__name__)

# Path, size in bytes and modification time in ns: a changed file has another size or time.
_File = tuple[str, int, int]
# Files below this size, in bytes, are cached in memory one by one, not only joined.
_LARGEST_CACHED = 10_000_000


def join_files(files: Mapping[str, str], on_missing: str = "error") -> JoinedMembers:
    """Read members' artifacts and join them by sample; a second call returns the cached result.

    Args:
        files: name → path.
        on_missing: as in `join`.

    Raises:
        FusionError: artifacts cannot be read; the message lists all of them.
        ArtifactError: as in `join`.
    """
    stamps = {name: _stamp(path) for name, path in files.items()}
    return _joined(tuple(sorted(stamps.items())), on_missing)


def published_members(folder: str) -> dict[str, str]:
    """Return all artifacts that are published in a folder: name → path.

    Raises:
        FusionError: there are none.
    """
    files = {file.stem: str(file) for file in sorted(Path(folder).glob("*.parquet"))}
    if not files:
        raise FusionError(
            f"there are no prediction artifacts in {folder}; train models first "
            "(python -m lfx.train modality=…), or name files: members.NAME=PATH"
        )
    return files


def digest(files: Mapping[str, str]) -> str:
    """Return a hash of the members' contents, 12 hexadecimal digits."""
    contents = [(name, _content_hash(_stamp(path))) for name, path in sorted(files.items())]
    return hashlib.sha256(repr(contents).encode()).hexdigest()[:12]


def _stamp(path: str) -> _File:
    try:
        stat = Path(path).stat()
    except OSError:
        return path, -1, -1
    return path, stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=4)
def _joined(files: tuple[tuple[str, _File], ...], on_missing: str) -> JoinedMembers:
    members: dict[str, Predictions] = {}
    problems = []
    for name, file in files:
        try:
            is_small = file[1] < _LARGEST_CACHED
            members[name] = _read(file) if is_small else read_predictions(Path(file[0]))
        except ArtifactError as error:
            problems.append(f"member {name}: {error}")
    if problems:
        raise FusionError(
            "\n".join(problems) + "\ntrain it first (python -m lfx.train modality=… data=…), point "
            "to it with members.NAME=PATH, or leave it out with ~members.NAME"
        )
    for name, member in members.items():
        if look_like_probabilities(member):
            log.warning(probabilities_warning(name))
    joined = join(members, on_missing, checked=True)
    members.clear()
    pa.default_memory_pool().release_unused()
    return joined


@lru_cache(maxsize=16)
def _read(file: _File) -> Predictions:
    return read_predictions(Path(file[0]))


@lru_cache(maxsize=64)
def _content_hash(file: _File) -> str:
    try:
        return hashlib.sha256(Path(file[0]).read_bytes()).hexdigest()
    except OSError:
        return "unreadable"
