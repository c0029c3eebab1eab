"""A training run: one model, or one for each fold, from its settings to what it leaves.

Settings become objects in the command; what is printed and drawn is the command's to say.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lfx.artifacts.folds import in_fold
from lfx.artifacts.parquet import publish, write_predictions
from lfx.artifacts.seen import seen_by
from lfx.data.split_names import OOF
from lfx.evaluation.splits import evaluate_splits
from lfx.runs.checkpoint_content import PARTS, Checkpoint, Part
from lfx.runs.checkpoints import RunCheckpoints, read_checkpoint
from lfx.runs.epochs import note_epochs
from lfx.runs.phase_1 import adopt_phase_1
from lfx.runs.plan import RunPlan, Trained
from lfx.runs.predictions import Origin, assemble
from lfx.runs.provenance import provenance_of
from lfx.runs.rehearsal import require_restorable
from lfx.runs.restore import restore, restore_encoder
from lfx.runs.resume import AUTO_ASKED, require_same_data
from lfx.runs.starts import Start, read_starts, restore_start, start_of
from lfx.runtime.construct import stored_arguments
from lfx.runtime.convert import TARGET
from lfx.runtime.errors import CheckpointError
from lfx.runtime.files import write_json
from lfx.runtime.plain import config_hash
from lfx.runtime.seeding import seed_all
from lfx.training.predict import predict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder
    from lfx.models.classifier import Classifier
    from lfx.training.context import RunContext

log = logging.getLogger(__name__)

DATA_CHANGED = (
    "ckpt=auto: the data, or their paraphrases, have changed: training from the beginning"
)


def train_model(
    plan: RunPlan,
    context: RunContext,
    resumed: Checkpoint | None,
    phase_1: Checkpoint | None,
    fold: int | None = None,
    split_fingerprint: str = "",
) -> Trained:
    """Train one model; leave checkpoints, predictions and metrics in its folder, and publish them.

    Args:
        plan: what is trained, and how.
        context: where, on which samples; its checkpoints and its logger are made here.
        resumed: the checkpoint to carry on from; None: it begins.
        phase_1: the checkpoint that phase 2 starts from; None: none.
        fold: whose samples the model does not see; its predictions are published with those of the
            others.
        split_fingerprint: names all folds.
    """
    table, run = context.table, context.run
    columns = plan.modality.fingerprints(table, context.cache_dir)
    provenance = provenance_of(plan.shaping, plan.name, plan.seed, table, plan.paraphrases, columns)
    begun, resumed = resumed is not None, _on_same_data(plan, resumed, provenance)
    if begun and resumed is None:  # nor with the run's own copy of phase 1
        phase_1 = plan.read_phase_1(run, resumed=False)
    starts = read_starts(plan, table, columns, fold) if resumed is None else {}
    seed_all(plan.seed)
    classifier = build_classifier(plan, table, phase_1, starts, resumed)
    if phase_1 is not None:
        adopt_phase_1(phase_1, table, plan.dataset.name, run)
    provenance["starts"] = _noted(starts, phase_1) if resumed is None else resumed.provenance.starts
    starts.clear()  # the weights are the model's now
    record = checkpoint_record(plan, classifier, provenance)
    if resumed is None:
        require_restorable(record, classifier.encoder, plan.head, plan.trusted)
    checkpoints = RunCheckpoints(run, record, resumed)
    logger = plan.build_logger(run, fold, resumed is not None)
    context = replace(context, checkpoints=checkpoints, logger=logger)
    training = context
    if plan.paraphrases is not None:
        training = replace(
            context, table=plan.paraphrases.applied(table, plan.modality.columns()[0])
        )
    outcome = plan.regime.fit(classifier, training, plan.request)
    cost = checkpoints.meter.read(classifier)
    note_epochs(run, checkpoints.epochs, provenance["starts"], cost)
    predictions, metrics = None, {}
    if outcome.best is not None:
        predictions = _predict(plan, context, outcome.best, fold, split_fingerprint)
        write_predictions(run / "predictions.parquet", predictions)
        metrics = evaluate_splits(predictions)
        write_json(run / "metrics.json", metrics)
        if fold is None:
            publish(run / "predictions.parquet", plan.published)
    trained = Trained(context, training.table, outcome, predictions, metrics, fold)
    plan.report(trained)
    return trained


def _noted(starts: Mapping[str, Start], phase_1: Checkpoint | None) -> dict[str, Any]:
    """Return what a run notes of the runs that it starts from, in plain values."""
    further = {} if phase_1 is None else {"phase_1": start_of(phase_1)}
    return {name: start.plain() for name, start in {**starts, **further}.items()}


def _on_same_data(
    plan: RunPlan, resumed: Checkpoint | None, provenance: Mapping[str, Any]
) -> Checkpoint | None:
    """Return what is carried on from; None where the data have changed and `ckpt=auto` says so."""
    if resumed is None:
        return None
    try:
        require_same_data(resumed, provenance)
    except CheckpointError:
        if plan.ckpt != AUTO_ASKED:
            raise
        log.info(DATA_CHANGED)
        return None
    return resumed


def build_classifier(
    plan: RunPlan,
    table: SampleTable,
    phase_1: Checkpoint | None = None,
    starts: Mapping[str, Start] | None = None,
    resumed: Checkpoint | None = None,
) -> Classifier:
    """Build a plan's model, with its weights.

    Args:
        plan: what is trained, and how.
        table: the samples; an encoder may be fitted to its train split.
        phase_1: the checkpoint whose encoder phase 2 starts from; None: none.
        starts: what parts of a joint model start from.
        resumed: the checkpoint that is carried on from, which has what its parts once started from.
    """
    encoder = _build_encoder(plan, table, phase_1, starts or {}, resumed)
    return plan.regime.build(encoder, plan.head, table, plan.request, plan.seed)


def _build_encoder(
    plan: RunPlan,
    table: SampleTable,
    phase_1: Checkpoint | None,
    starts: Mapping[str, Start],
    resumed: Checkpoint | None,
) -> Encoder:
    builder = plan.encoder
    if phase_1 is not None:  # which has a tokenizer already
        return builder.rejoined(restore_encoder(phase_1, plan.trusted))
    if plan.start and resumed is not None:  # the runs that it started from may be gone
        encoder = restore_encoder(read_checkpoint(resumed.file), plan.trusted)
        return builder.rejoined(encoder)
    content = plan.modality.content(table, table.rows("train"))
    if not starts:
        return builder.build_trainable(content)
    started = {name: restore_start(start, plan.trusted) for name, start in starts.items()}
    return builder.build_trainable(content, started)


def checkpoint_record(
    plan: RunPlan, classifier: Classifier, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what each checkpoint holds of lfx's own: all that builds the model again."""
    sections = {key: plan.settings[key] for key in PARTS}
    parts = {key: Part(of[TARGET], stored_arguments(of)) for key, of in sections.items()}
    parts["encoder"] = Part(parts["encoder"].target, classifier.encoder.description())
    return {
        **{key: part.plain() for key, part in parts.items()},
        "classes": list(classifier.classes),
        "provenance": dict(provenance),
    }


def _predict(
    plan: RunPlan, context: RunContext, best: Path, fold: int | None, split_fingerprint: str
) -> Predictions:
    """Predict the samples that the artifact has, with the best model."""
    classifier = restore(read_checkpoint(best), plan.trusted)
    splits = plan.splits if fold is None else (OOF, "test")
    rows = [row for split in splits for row in context.table.rows(split)]
    predictions = assemble(
        context.table,
        rows,
        predict(classifier, rows, context),
        Origin(
            plan.modality.reads,
            plan.name,
            plan.seed,
            config_hash(plan.shaping),
            plan.modality.fingerprints(context.table, context.cache_dir),
            plan.regime_name,
        ),
        seen=seen_by(context.table.groups, context.table.splits == "train"),
    )
    return predictions if fold is None else in_fold(predictions, fold, split_fingerprint)
