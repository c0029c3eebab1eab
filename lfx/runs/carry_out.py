"""Carrying a training run out: what it carries on from, one model or one for each fold."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lfx.artifacts.folds import merge_folds, publish_fold
from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.artifacts.predictions import Predictions
from lfx.data.fit_for_training import check_splits
from lfx.data.samples import SampleTable
from lfx.modalities.usable import Usable, find_usable
from lfx.runs.checkpoints import RunCheckpoints
from lfx.runs.crossvalidation import (
    FoldRecord,
    FoldState,
    carry_on,
    fold_folder,
    forget,
    note_done,
    require_same_folds,
)
from lfx.runs.resume import AUTO_ASKED, LAST_ASKED, resume_from
from lfx.runs.training_run import DATA_CHANGED, train_model
from lfx.runtime.errors import CheckpointError, NothingToResumeError
from lfx.runtime.plain import config_hash
from lfx.runtime.progress import Steps, within
from lfx.training.context import RunContext

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.runs.checkpoint_content import Checkpoint
    from lfx.runs.plan import RunPlan, Trained

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CrossValidated:
    """A cross-validation that has been carried out.

    Attributes:
        table: all samples, before folds were dealt.
        parts: fold → what its model predicted.
    """

    table: SampleTable
    parts: Mapping[int, Predictions]


def carry_out(plan: RunPlan, run: Path, *, siblings: bool) -> Trained | CrossValidated:
    """Train what a plan asks for.

    Args:
        plan: what is trained, and how.
        run: the run's folder.
        siblings: whether unfinished runs beside this one may be carried on: in a multirun other
            jobs lie there.

    Returns:
        The model that was trained, or the predictions of each fold's.

    Raises:
        UserError: settings, data or checkpoints do not allow it.
    """
    steps = Steps(plan.name, 1, is_shown=plan.request.trainer.progress)
    with within(steps):
        return _carried_out(plan, run, siblings=siblings)


def _carried_out(plan: RunPlan, run: Path, *, siblings: bool) -> Trained | CrossValidated:
    plan.require_possible()
    _ = plan.paraphrases  # which may be damaged: better now than after hours
    resumed, states = _find_resumed(plan, run, siblings=siblings)
    phase_1 = plan.read_phase_1(run, resumed=resumed is not None)
    compute = plan.request.trainer.compute()
    table, cache = plan.dataset.labelled(), plan.dataset.cache
    usable = find_usable(plan.modality, table, cache, drop_bad=plan.dataset.drops_bad)
    context = RunContext(table, plan.modality, compute, run, cache, RunCheckpoints(run, {}))
    if plan.dataset.folds is None:
        readable = replace(context, table=_trainable(plan, table, usable))
        return train_model(plan, readable, resumed, phase_1)
    parts = _cross_validate(plan, context, usable, states, phase_1)
    return CrossValidated(usable.of(table), parts)


def _trainable(plan: RunPlan, table: SampleTable, usable: Usable) -> SampleTable:
    """Return the samples that the model can read, if a model can be trained on them.

    Raises:
        DataError: no train or val sample is left, or train lacks a class.
    """
    if len(usable.rows) == len(table) and not usable.dropped:
        return table
    part = usable.of(table)
    with_what = f" with {' or '.join(plan.modality.columns())}"
    for sentence in check_splits(part, with_what, table):
        log.warning(sentence)
    return part


def folds_of(plan: RunPlan) -> list[int]:
    """Return the folds whose models a run trains; none where there is one model."""
    fold = plan.dataset.fold
    return list(range(plan.dataset.folds or 0)) if fold is None else [fold]


def _find_resumed(
    plan: RunPlan, run: Path, *, siblings: bool
) -> tuple[Checkpoint | None, dict[int, FoldState]]:
    """Find what a run carries on from, and bring it into the run's folder.

    Returns:
        The one model's checkpoint, and the states of the folds.

    Raises:
        CheckpointError: what was asked for is not there or of other settings.
    """
    if plan.ckpt is None:
        return None, {}
    asked, shaping = LAST_ASKED if plan.ckpt == AUTO_ASKED else plan.ckpt, plan.shaping
    folds = folds_of(plan)
    try:
        if folds:
            return None, carry_on(run, folds, shaping, config_hash(shaping), siblings=siblings)
        return resume_from(asked, run, shaping, siblings=siblings), {}
    except CheckpointError as error:
        if plan.ckpt != AUTO_ASKED:
            raise
        if not isinstance(error, NothingToResumeError):
            log.warning("passed over: %s", error)
        log.info("ckpt=auto: no unfinished run of this kind, so training starts from the beginning")
        return None, {}


def _cross_validate(
    plan: RunPlan,
    context: RunContext,
    usable: Usable,
    states: Mapping[int, FoldState],
    phase_1: Checkpoint | None,
) -> dict[int, Predictions]:
    """Train the folds' models that are not there yet, and put together what they predict."""
    run, wanted = context.run, folds_of(plan)
    folds = plan.dataset.assign_folds(context.table)
    columns = plan.modality.fingerprints(context.table, context.cache_dir)
    record = _record(plan, context.table, folds.fingerprint, columns)
    states = _of_same_folds(plan, states, record)
    if not states:
        for fold in wanted:
            forget(fold_folder(run, fold))
    parts = {}
    left = [fold for fold in wanted if states.get(fold, FoldState()).record is None]
    with within(Steps("fold", len(left))) as trained:
        for fold in left:
            folder, state = fold_folder(run, fold), states.get(fold, FoldState())
            table = _trainable(plan, folds.tables[fold], usable)
            sizes = [f"{len(table.rows(part))} {part}" for part in ("train", "val", "oof")]
            log.info("fold %d: %s", fold, ", ".join(sizes))
            there = replace(context, table=table, run=folder)
            train_model(plan, there, state.resume, phase_1, fold, folds.fingerprint)
            note_done(folder, record)
            trained.advance()
    for fold in wanted:
        parts[fold] = read_predictions(fold_folder(run, fold) / "predictions.parquet")
    write_predictions(run / "predictions.parquet", merge_folds(parts))
    _publish(plan, parts, len(folds.tables))
    return parts


def _record(
    plan: RunPlan, table: SampleTable, fingerprint: str, columns: Mapping[str, str]
) -> FoldRecord:
    paraphrases = plan.paraphrases
    return FoldRecord(
        config_hash(plan.shaping),
        table.data_fingerprint(),
        fingerprint,
        None if paraphrases is None else paraphrases.fingerprint(),
        dict(columns),
    )


def _of_same_folds(
    plan: RunPlan, states: Mapping[int, FoldState], record: FoldRecord
) -> Mapping[int, FoldState]:
    """Return how far each fold has come; nothing where data have changed and `ckpt=auto` says so.

    Raises:
        CheckpointError: data or folds have changed.
    """
    try:
        for state in states.values():
            require_same_folds(state, record)
    except CheckpointError:
        if plan.ckpt != AUTO_ASKED:
            raise
        log.info(DATA_CHANGED)
        return {}
    return states


def _publish(plan: RunPlan, parts: dict[int, Any], folds: int) -> None:
    """Publish the artifact of all folds, once all are there: the others may be other runs'."""
    if plan.dataset.fold is not None:
        folder = plan.published.with_suffix(".folds")
        parts = publish_fold(folder, plan.dataset.fold, parts[plan.dataset.fold])
    missing = sorted(set(range(folds)) - set(parts))
    if missing:
        numbers = ", ".join(map(str, missing))
        log.info("folds that are not there yet: %s; the last one publishes all", numbers)
    else:
        write_predictions(plan.published, merge_folds(parts))
        log.info("predictions: %s", plan.published)
