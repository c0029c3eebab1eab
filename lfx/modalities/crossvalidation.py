"""The folders of a cross-validation's models, and carrying an unfinished one on."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lfx.modalities.checkpoints import read_checkpoint
from lfx.modalities.resumption import Resumption, resume_from
from lfx.modalities.run_files import (
    FOLDER,
    PHASE_1,
    copy_checkpoints,
    newest_of,
    require_own,
)
from lfx.runtime.errors import CheckpointError, NothingToResumeError
from lfx.runtime.files import copy_file, write_json
from lfx.runtime.rundir import note_heir, read_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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
    """

    config_hash: str
    data_fingerprint: str
    split_fingerprint: str
    paraphrases: str | None


@dataclass(frozen=True)
class FoldState:
    """How far a fold has come.

    Attributes:
        record: what it was trained with; None where it is not done.
        resume: the checkpoint to carry on from; None where there is none.
    """

    record: FoldRecord | None = None
    resume: Resumption | None = None


def fold_folder(run: Path, fold: int) -> Path:
    """Give the folder of a fold's model in the run's."""
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
    origin = next(
        (one for one in _candidates(run, siblings) if _is_like(one, folds, settings, config_hash)),
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
        elif record is None and _settings_of(source) == settings:
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


def _candidates(run: Path, siblings: bool) -> Iterator[Path]:  # noqa: FBT001
    yield run
    if not siblings or not run.parent.is_dir():
        return
    unfinished = []
    for folder in run.parent.iterdir():
        status = read_status(folder)
        if folder != run and status is not None and status.is_abandoned():
            unfinished.append((status.started, folder))
    yield from (folder for _, folder in sorted(unfinished, reverse=True))


def _is_like(
    run: Path, folds: Sequence[int], settings: Mapping[str, Any], config_hash: str
) -> bool:
    """Say whether a run has begun any of the folds, with these settings."""
    for fold in folds:
        folder = fold_folder(run, fold)
        record = _record(folder)
        if record is not None:
            return record.config_hash == config_hash
        own = _settings_of(folder)
        if own is not None:
            return bool(own == settings)
    return False


def _settings_of(folder: Path) -> Mapping[str, Any] | None:
    """Give the settings that a fold's checkpoint was trained with; None where there is none."""
    if not newest_of(folder).is_file():
        return None
    try:
        return read_checkpoint(newest_of(folder)).provenance.settings
    except CheckpointError as error:
        log.warning("passed over: %s", error)
        return None


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
