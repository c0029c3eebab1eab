"""Carrying an unfinished run on: finding its checkpoint, and bringing it into the run's folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfx.modalities.checkpoint_content import Checkpoint, Provenance
from lfx.modalities.checkpoints import read_checkpoint
from lfx.modalities.contrastive import CLASSIFICATION
from lfx.modalities.run_files import (
    BEST,
    FOLDER,
    LAST,
    PHASE_1,
    copy_checkpoints,
    newest_of,
    require_own,
    run_of,
)
from lfx.runtime.errors import CheckpointError, NothingToResumeError
from lfx.runtime.fields import shown
from lfx.runtime.files import copy_file
from lfx.runtime.rundir import note_heir, read_status

log = logging.getLogger(__name__)

_MOST_NAMED = 20  # settings that differ


@dataclass(frozen=True)
class Resumption:
    """What a run carries on from.

    Attributes:
        file: the checkpoint, in the run's own folder.
        provenance: what the run that made it noted of itself.
        phase: of a modality with two phases, which of them it is of; None where there is one.
    """

    file: Path
    provenance: Provenance
    phase: int | None = None


def resume_from(
    ckpt: str, run: Path, settings: Mapping[str, Any], *, siblings: bool = True
) -> Resumption | None:
    """Find the checkpoint to carry on from, and bring it into the run's own folder.

    Args:
        ckpt: `last` for what this run's folder holds already, else for the newest unfinished run
            beside it with these settings; or a file.
        run: this run's folder.
        settings: this run's settings, which have to be those of the checkpoint.
        siblings: whether `last` looks beside this run's folder: in a multirun other jobs lie there.

    Returns:
        What to carry on from; None where no epoch had ended yet, so that training starts from the
        beginning.

    Raises:
        NothingToResumeError: there is no unfinished run, or its settings differ.
        CheckpointError: the file cannot be resumed from.
    """
    require_own(run)
    own = newest_of(run)
    found: Checkpoint | None = None
    if ckpt != "last" or own.is_file():
        found = read_checkpoint(own if ckpt == "last" else Path(ckpt))
    elif siblings:
        found = _newest_unfinished(run, settings)
    if found is None:
        log.info("no epoch of this run has ended yet: training from the beginning")
        return None
    file = found.file
    differing = _differing(found, settings)
    if differing:
        kind = NothingToResumeError if ckpt == "last" else CheckpointError
        raise kind(
            f"{file} was trained with other settings:\n" + "\n".join(differing) + "\n"
            "resume with the same ones, or leave ckpt out to train from the beginning"
        )
    if found.progress is None:
        raise CheckpointError(
            f"ckpt={file} holds weights only; what training resumes from is its run's {LAST}"
        )
    origin = run_of(file)
    folder = run / (PHASE_1 if found.phase == 1 else FOLDER)
    if found.phase == CLASSIFICATION and origin.resolve() != run.resolve():
        copy_checkpoints(origin / PHASE_1, run / PHASE_1)
    _adopt(file, folder)
    if origin != run:
        note_heir(origin, run)
    log.info("resuming from %s", file)
    return Resumption(folder / LAST, found.provenance, found.phase)


def _adopt(file: Path, folder: Path) -> None:
    """Copy a run's checkpoint, and the best one beside it, into this run's folder."""
    best = file.parent / BEST
    if best.is_file() and best.resolve() != (folder / BEST).resolve():
        copy_file(best, folder / BEST, durable=True)
    if file.resolve() != (folder / LAST).resolve():
        copy_file(file, folder / LAST, durable=True)


def require_same_data(resumed: Resumption, provenance: Mapping[str, Any]) -> None:
    """Refuse to carry on with other data: what was trained on could be validated on.

    Args:
        resumed: what is carried on from.
        provenance: what this run notes of its data.

    Raises:
        CheckpointError: data or split differ.
    """
    kinds = {"data_fingerprint": "data", "split_fingerprint": "split", "paraphrases": "paraphrases"}
    differing = [
        kind
        for key, kind in kinds.items()
        if getattr(resumed.provenance, key) != provenance.get(key)
    ]
    if differing:
        raise CheckpointError(
            f"{resumed.file} was trained on other {' and other '.join(differing)}: the files have "
            "changed since. Leave ckpt out to train from the beginning"
        )


def _newest_unfinished(run: Path, settings: Mapping[str, Any]) -> Checkpoint | None:
    """Find the newest unfinished run with these settings; else the newest, to tell what differs."""
    unfinished = []
    for folder in run.parent.iterdir():
        status = read_status(folder)
        if folder != run and status is not None and status.is_abandoned():
            unfinished.append((status.started, newest_of(folder)))
    if not unfinished:
        raise NothingToResumeError(
            f"ckpt=last: there is no unfinished run in {run.parent}; leave ckpt out to train from "
            "the beginning, or give a file"
        )
    newest = None
    for _, file in sorted(unfinished, reverse=True):
        if not file.is_file():
            continue
        try:
            found = read_checkpoint(file)
        except CheckpointError as error:
            log.warning("passed over: %s", error)
            continue
        if not _differing(found, settings):
            return found
        newest = found if newest is None else newest
    return newest


def _differing(found: Checkpoint, settings: Mapping[str, Any]) -> list[str]:
    ours, theirs = dict(_flat(settings)), dict(_flat(found.provenance.settings))
    names = [
        name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)
    ]
    lines = [
        f"  {shown(name)[1:-1]}: {shown(theirs.get(name))} there, {shown(ours.get(name))} here"
        for name in names[:_MOST_NAMED]
    ]
    more = len(names) - len(lines)
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _flat(node: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, Mapping):
        pairs = ((f"{prefix}.{key}" if prefix else str(key), value) for key, value in node.items())
        return [entry for name, value in pairs for entry in _flat(value, name)]
    return [(prefix, node)]
