"""Finding an unfinished run to carry on, and comparing its settings with this run's."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.files import newest_of
from lfx.runs.status import read_status
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import shown

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.runs.checkpoint_content import Checkpoint

log = logging.getLogger(__name__)

_MOST_NAMED = 20  # settings that differ


def unfinished_runs(run: Path) -> list[Path]:
    """Return the folders of unfinished runs beside a run's, the newest first."""
    if not run.parent.is_dir():
        return []
    unfinished = []
    for folder in run.parent.iterdir():
        status = read_status(folder)
        if folder != run and status is not None and status.is_abandoned():
            unfinished.append((status.started, folder))
    return [folder for _, folder in sorted(unfinished, reverse=True)]


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """Read what a run, or a fold of one, can be carried on from; None where it is nothing."""
    file = newest_of(folder)
    if not file.is_file():
        return None
    try:
        return read_checkpoint(file)
    except CheckpointError as error:
        log.warning("passed over: %s", error)
        return None


def differing_settings(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """Return a line for each setting that differs, 20 at the most; nothing where none does.

    Args:
        theirs: settings of a checkpoint.
        ours: this run's.
    """
    flat_theirs, flat_ours = dict(_flat(theirs)), dict(_flat(ours))
    names = [
        name
        for name in sorted(flat_ours.keys() | flat_theirs.keys())
        if flat_ours.get(name) != flat_theirs.get(name)
    ]
    lines = [
        f"  {shown(name)[1:-1]}: {shown(flat_theirs.get(name))} there, "
        f"{shown(flat_ours.get(name))} here"
        for name in names[:_MOST_NAMED]
    ]
    more = len(names) - len(lines)
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _flat(node: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, Mapping):
        pairs = ((f"{prefix}.{key}" if prefix else str(key), value) for key, value in node.items())
        return [entry for name, value in pairs for entry in _flat(value, name)]
    return [(prefix, node)]
