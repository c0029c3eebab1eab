"""Reads an offline run of W&B back: what a server would be sent."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb.proto.wandb_internal_pb2 import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER, _BLOCK, _CHUNK = 7, 32 * 1024, struct.Struct("<IHB")
_WHOLE, _LAST = 1, 4


@dataclass
class Logged:
    """What a run's file says; later records of one key replace earlier ones."""

    file: Path
    run: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    # Name -> record of an artifact that was logged.
    artifacts: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None

    def values(self, key: str) -> list[Any]:
        """Return all values that were logged of a key."""
        return [row[key] for row in self.history if key in row]

    def table(self, key: str) -> list[dict[str, Any]]:
        """Return the rows of a table that was logged."""
        path = self.file.parent / "files" / self.summary[key]["path"]
        content = json.loads(path.read_text(encoding="utf-8"))
        return [dict(zip(content["columns"], row, strict=True)) for row in content["data"]]


def read_wandb(file: Path) -> Logged:
    """Read a run's file."""
    logged = Logged(file)
    for content in _records(file.read_bytes()):
        record = Record.FromString(content)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            logged.run = record.run
            logged.config |= _values(record.run.config.update)
        elif kind == "config":
            logged.config |= _values(record.config.update)
        elif kind == "history":
            logged.history.append(_values(record.history.item))
            logged.summary |= logged.history[-1]
        elif kind == "summary":
            logged.summary |= _values(record.summary.update)
        elif kind == "artifact":
            logged.artifacts[record.artifact.name] = record.artifact
        elif kind == "exit":
            logged.exit_code = record.exit.exit_code
    return logged


def read_runs(folder: Path) -> list[Logged]:
    """Read all runs below a folder, in the order of their files."""
    return [read_wandb(file) for file in sorted(folder.rglob("*.wandb"))]


def _values(items: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in items:
        *sections, last = [*item.nested_key] or [item.key]
        place = values
        for name in sections:
            place = place.setdefault(name, {})
        place[last] = json.loads(item.value_json)
    return values


def _records(content: bytes) -> Iterator[bytes]:
    position, begun = _HEADER, b""
    while position + _CHUNK.size <= len(content):
        left = _BLOCK - position % _BLOCK
        if left < _CHUNK.size:  # the rest of a block is padding
            position += left
            continue
        _, length, kind = _CHUNK.unpack_from(content, position)
        position += _CHUNK.size
        begun += content[position : position + length]
        position += length
        if kind in {_WHOLE, _LAST}:
            yield begun
            begun = b""
