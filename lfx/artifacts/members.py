"""Members' files: read, joined and told apart once, however many jobs of a sweep ask for them."""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lfx.artifacts.doubtful import look_like_probabilities, probabilities_warning
from lfx.artifacts.join import join
from lfx.artifacts.parquet import read_predictions
from lfx.runtime.errors import ArtifactError, FusionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.joined import JoinedMembers
    from lfx.artifacts.predictions import Predictions

log = logging.getLogger(__name__)

# A file as it stands: its path, size and time of change. Another content has another of these.
_File = tuple[str, int, int]
# Bytes of a file that is kept in memory beside what it was joined to.
_KEPT = 10_000_000


def join_files(files: Mapping[str, str], on_missing: str = "error") -> JoinedMembers:
    """Read members' artifacts and line up their samples; a second call reads nothing.

    Args:
        files: name → path.
        on_missing: as `join`.

    Raises:
        FusionError: artifacts cannot be read; all of them are named.
        ArtifactError: as `join`.
    """
    stamps = {name: _stamp(path) for name, path in files.items()}
    return _joined(tuple(sorted(stamps.items())), on_missing)


def digest(files: Mapping[str, str]) -> str:
    """Give 12 hexadecimal digits that change when a member's content does."""
    contents = [(name, _content(_stamp(path))) for name, path in sorted(files.items())]
    return hashlib.sha256(repr(contents).encode()).hexdigest()[:12]


def _stamp(path: str) -> _File:
    try:
        state = Path(path).stat()
    except OSError:
        return path, -1, -1
    return path, state.st_size, state.st_mtime_ns


@lru_cache(maxsize=4)
def _joined(files: tuple[tuple[str, _File], ...], on_missing: str) -> JoinedMembers:
    members: dict[str, Predictions] = {}
    problems = []
    for name, file in files:
        try:
            members[name] = _read(file) if file[1] < _KEPT else read_predictions(Path(file[0]))
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
def _content(file: _File) -> str:
    try:
        return hashlib.sha256(Path(file[0]).read_bytes()).hexdigest()
    except OSError:
        return "unreadable"
