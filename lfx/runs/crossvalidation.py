"""The folders of a cross-validation's models, and carrying an unfinished one on."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lfx.runs.checkpoint_content import Checkpoint
from lfx.runs.files import FOLDER, PHASE_1, copy_checkpoints, newest_of, require_own
from lfx.runs.resume import resume_from
from lfx.runs.status import note_heir
from lfx.runs.unfinished import differing_settings, newest_checkpoint, unfinished_runs
from lfx.runtime.errors import CheckpointError, NothingToResumeError
from lfx.runtime.files import copy_file, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

# The last file that a fold leaves.
_DONE = "fold.json"


@dataclass(frozen=True)
class FoldRecord:
    """What a fold was trained with.

    Attributes:
        config_hash: of the run's settings.
        data_fingerprint: of the data.
        split_fingerprint: of all folds.
        paraphrases: their fingerprint; None where there are none.
        columns: column that the models read → its fingerprint.
    """

    config_hash: str
    data_fingerprint: str
    split_fingerprint: str
    paraphrases: str | None
    columns: Mapping[str, str]


@dataclass(frozen=True)
class FoldState:
    """How far a fold has come.

    Attributes:
        record: what it was trained with; None where it is not done.
        resume: the checkpoint to carry on from; None where there is none.
    """

    record: FoldRecord | None = None
    resume: Checkpoint | None = None


def fold_folder(run: Path, fold: int) -> Path:
    """Return the folder of a fold's model in the run's."""
    return run / f"fold_{fold}"


def forget(folder: Path) -> None:
    """Remove what an earlier run has left of a fold, so that nobody carries it on.

    Raises:
        CheckpointError: the fold's folder of checkpoints is a link to another place.
    """
    require_own(folder)
    (folder / _DONE).unlink(missing_ok=True)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def note_done(folder: Path, record: FoldRecord) -> None:
    """Note that a fold's model has been trained and has predicted; all its files are there."""
    write_json(folder / _DONE, asdict(record))


def carry_on(
    run: Path,
    folds: Sequence[int],
    settings: Mapping[str, Any],
    config_hash: str,
    *,
    siblings: bool,
) -> dict[int, FoldState]:
    """Find what is there of an unfinished cross-validation, and bring it into the run's folder.

    Args:
        run: the run's folder, which is looked through first.
        folds: which of them are wanted.
        settings: this run's.
        config_hash: of the same.
        siblings: whether unfinished runs beside this one are looked through too, newest first.

    Returns:
        The state of each fold.

    Raises:
        NothingToResumeError: there is no unfinished run of this kind.
    """
    candidates = [run, *(unfinished_runs(run) if siblings else ())]
    origin = next(
        (one for one in candidates if _is_like(one, folds, settings, config_hash)),
        None,
    )
    if origin is None:
        raise NothingToResumeError(
            f"ckpt=last: there is no unfinished run with these settings in {run.parent}; leave "
            "ckpt out to train from the beginning"
        )
    states = {}
    for fold in folds:
        source, target = fold_folder(origin, fold), fold_folder(run, fold)
        record = _record(source)
        if record is not None and record.config_hash == config_hash:
            if source.resolve() != target.resolve():
                _copy(source, target)
            log.info("fold %d: trained in %s", fold, source)
            states[fold] = FoldState(record=record)
        elif record is None and _has_settings(source, settings):
            resume = resume_from(str(newest_of(source)), target, settings)
            states[fold] = FoldState(resume=resume)
        else:
            states[fold] = FoldState()
    if origin.resolve() != run.resolve():
        note_heir(origin, run)
    return states


def require_same_folds(state: FoldState, record: FoldRecord) -> None:
    """Refuse to keep a fold that was trained on other data or other folds.

    Args:
        state: how far the fold has come.
        record: what this run trains with.

    Raises:
        CheckpointError: they differ.
    """
    if state.record is not None and state.record != record:
        raise CheckpointError(
            "ckpt=last: the data, or their paraphrases, have changed since the first folds were "
            "trained. Leave ckpt out to train from the beginning"
        )


def _is_like(
    run: Path, folds: Sequence[int], settings: Mapping[str, Any], config_hash: str
) -> bool:
    """Return whether a run has begun any of the folds, with these settings."""
    for fold in folds:
        folder = fold_folder(run, fold)
        record = _record(folder)
        if record is not None:
            return record.config_hash == config_hash
        checkpoint = newest_checkpoint(folder)
        if checkpoint is not None:
            return not differing_settings(checkpoint.provenance.settings, settings)
    return False


def _has_settings(folder: Path, settings: Mapping[str, Any]) -> bool:
    """Return whether a fold can be carried on, and was trained with these settings."""
    checkpoint = newest_checkpoint(folder)
    return checkpoint is not None and not differing_settings(
        checkpoint.provenance.settings, settings
    )


def _record(folder: Path) -> FoldRecord | None:
    try:
        return FoldRecord(**json.loads((folder / _DONE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _copy(source: Path, target: Path) -> None:
    """Copy a fold's files, each whole or not at all, the one that calls it done at the end.

    Links are left out: what they lead to is no file of the fold.
    """
    for folder in (FOLDER, PHASE_1):
        copy_checkpoints(source / folder, target / folder)
    for file in sorted(source.rglob("*")):
        name = file.relative_to(source)
        is_own = file.resolve() == source.resolve() / name
        if is_own and file.is_file() and name.parts[0] not in (FOLDER, _DONE):
            copy_file(file, target / name)
    copy_file(source / _DONE, target / _DONE)
