"""What the training of a model starts from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.data.paraphrases import Paraphrases
from lfx.modalities.crossvalidation import FoldRecord, FoldState, carry_on, require_same_folds
from lfx.modalities.phase_1 import Phase1
from lfx.modalities.resumption import Resumption, require_same_data, resume_from
from lfx.runtime.errors import CheckpointError, NothingToResumeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

_LAST, _AUTO = "last", "auto"


@dataclass(frozen=True)
class Start:
    """What a model starts from, and which of a cross-validation's models it is.

    Attributes:
        resume: the checkpoint that training carries on from; None: it begins.
        phase_1: the checkpoint of phase 1 that phase 2 starts from.
        fold: whose samples the model does not see; None outside of cross-validation.
        split_fingerprint: names all folds.
        paraphrases: of training texts; None: none.
    """

    resume: Resumption | None = None
    phase_1: Phase1 | None = None
    fold: int | None = None
    split_fingerprint: str = ""
    paraphrases: Paraphrases | None = None


def find_resumption(
    ckpt: str | None,
    folds: Sequence[int],
    run: Path,
    settings: Mapping[str, Any],
    config_hash: str,
    *,
    siblings: bool,
) -> tuple[Resumption | None, dict[int, FoldState]]:
    """Find what a run carries on from, and bring it into the run's folder.

    Args:
        ckpt: None for nothing; `last` for an unfinished run, which there has to be; `auto` for one
            if there is one; or a file.
        folds: of a cross-validation, which of its models are wanted; empty: there is one model.
        run: this run's folder.
        settings: this run's.
        config_hash: of the same.
        siblings: whether unfinished runs beside this one are looked through too.

    Returns:
        The one model's checkpoint, and the states of the folds.

    Raises:
        CheckpointError: what was asked for is not there or of other settings.
    """
    if ckpt is None:
        return None, {}
    asked = _LAST if ckpt == _AUTO else ckpt
    try:
        if folds:
            return None, carry_on(run, folds, settings, config_hash, siblings=siblings)
        return resume_from(asked, run, settings, siblings=siblings), {}
    except CheckpointError as error:
        if ckpt != _AUTO:
            raise
        if not isinstance(error, NothingToResumeError):
            log.warning("passed over: %s", error)
        log.info("ckpt=auto: no unfinished run of this kind, so training starts from the beginning")
        return None, {}


def same_data_or_anew(
    ckpt: str | None, resume: Resumption | None, provenance: Mapping[str, Any]
) -> Resumption | None:
    """Check that a model is carried on with the data that it has seen.

    Args:
        ckpt: with `auto` it begins anew where they have changed.
        resume: what is carried on from.
        provenance: what this run notes of its data.

    Raises:
        CheckpointError: they have changed.
    """
    if resume is None:
        return None
    try:
        require_same_data(resume, provenance)
    except CheckpointError:
        if ckpt != _AUTO:
            raise
        log.info(_CHANGED)
        return None
    return resume


def same_folds_or_anew(
    ckpt: str | None, states: Mapping[int, FoldState], record: FoldRecord
) -> Mapping[int, FoldState]:
    """Check that a cross-validation is carried on with the data and folds that it has seen.

    Args:
        ckpt: with `auto` all folds begin anew where they have changed.
        states: how far each fold has come.
        record: what this run trains with.

    Raises:
        CheckpointError: they have changed.
    """
    try:
        for state in states.values():
            require_same_folds(state, record)
    except CheckpointError:
        if ckpt != _AUTO:
            raise
        log.info(_CHANGED)
        return {}
    return states


_CHANGED = "ckpt=auto: the data, or their paraphrases, have changed: training from the beginning"
