"""Carrying an unfinished run on: its checkpoint comes into the run's own folder."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.files import (
    BEST,
    LAST,
    PHASE_1,
    copy_checkpoints,
    newest_of,
    phase_folder,
    require_own,
    run_of,
)
from lfx.runs.status import note_heir
from lfx.runs.unfinished import differing_settings, newest_checkpoint, unfinished_runs
from lfx.runtime.errors import CheckpointError, NothingToResumeError
from lfx.runtime.files import copy_file
from lfx.training.context import CLASSIFICATION
from lfx.training.wandb_runs import inherit_run_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.runs.checkpoint_content import Checkpoint

log = logging.getLogger(__name__)

# What the setting `ckpt` may say instead of a file.
LAST_ASKED, AUTO_ASKED = "last", "auto"


def resume_from(
    ckpt: str, run: Path, settings: Mapping[str, Any], *, siblings: bool = True
) -> Checkpoint | None:
    """Find the checkpoint to carry on from, and bring it into the run's own folder.

    Args:
        ckpt: `last` for what this run's folder holds already, else for the newest unfinished run
            beside it with these settings; or a file.
        run: this run's folder, or a fold's.
        settings: this run's settings, which have to be those of the checkpoint.
        siblings: whether `last` looks beside this run's folder: in a multirun other jobs lie there.

    Returns:
        The checkpoint, in the run's own folder; None where no epoch had ended yet, so that training
        starts from the beginning.

    Raises:
        NothingToResumeError: there is no unfinished run, or its settings differ.
        CheckpointError: the file cannot be resumed from.
    """
    require_own(run)
    newest = newest_of(run)
    found: Checkpoint | None = None
    if ckpt != LAST_ASKED or newest.is_file():
        found = read_checkpoint(newest if ckpt == LAST_ASKED else Path(ckpt))
    elif siblings:
        found = _newest_unfinished(run, settings)
    if found is None:
        log.info("no epoch of this run has ended yet: training from the beginning")
        return None
    file = found.file
    differing = differing_settings(found.provenance.settings, settings)
    if differing:
        kind = NothingToResumeError if ckpt == LAST_ASKED else CheckpointError
        raise kind(
            f"{file} was trained with other settings:\n" + "\n".join(differing) + "\n"
            "resume with the same ones, or leave ckpt out to train from the beginning"
        )
    if found.progress is None:
        raise CheckpointError(
            f"ckpt={file} holds weights only; what training resumes from is its run's {LAST}"
        )
    origin, folder = run_of(file), phase_folder(run, found.phase)
    if found.phase == CLASSIFICATION and origin.resolve() != run.resolve():
        copy_checkpoints(origin / PHASE_1, run / PHASE_1)
    _adopt(file, folder)
    if origin != run:
        note_heir(origin, run)
        inherit_run_id(origin, run)
    log.info("resuming from %s", file)
    # Read again when training resumes: a run would hold weights and statistics to its end.
    return replace(found, file=folder / LAST, weights={}, progress=None)


def _adopt(file: Path, folder: Path) -> None:
    """Copy a run's checkpoint, and the best one beside it, into this run's folder."""
    best = file.parent / BEST
    if best.is_file() and best.resolve() != (folder / BEST).resolve():
        copy_file(best, folder / BEST, durable=True)
    if file.resolve() != (folder / LAST).resolve():
        copy_file(file, folder / LAST, durable=True)


def require_same_data(resumed: Checkpoint, provenance: Mapping[str, Any]) -> None:
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
    theirs, ours = resumed.provenance.columns, provenance.get("columns", {})
    differing += [name for name in ours if theirs.get(name) != ours[name]]
    if differing:
        raise CheckpointError(
            f"{resumed.file} was trained on other {' and other '.join(differing)}: the files have "
            "changed since. Leave ckpt out to train from the beginning"
        )


def _newest_unfinished(run: Path, settings: Mapping[str, Any]) -> Checkpoint | None:
    """Find the newest unfinished run with these settings; else the newest, to tell what differs."""
    folders = unfinished_runs(run)
    if not folders:
        raise NothingToResumeError(
            f"ckpt=last: there is no unfinished run in {run.parent}; leave ckpt out to train from "
            "the beginning, or give a file"
        )
    newest = None
    for folder in folders:
        found = newest_checkpoint(folder)
        if found is None:
            continue
        if not differing_settings(found.provenance.settings, settings):
            return found
        newest = found if newest is None else newest
    return newest
