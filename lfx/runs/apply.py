"""Applying a trained model to any data set, labelled or not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lfx.modalities.usable import find_usable
from lfx.runs.checkpoints import RunCheckpoints
from lfx.runs.predictions import (
    Origin,
    assemble,
    is_of_training,
    known_splits,
    trained_id_warnings,
)
from lfx.runs.provenance import decoded_as_in_training
from lfx.runs.restore import restore, restore_modality
from lfx.training.context import RunContext
from lfx.training.predict import predict

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from lfx.artifacts.predictions import Predictions
    from lfx.data.dataset import Dataset
    from lfx.runs.checkpoint_content import Checkpoint
    from lfx.training.compute import Compute

log = logging.getLogger(__name__)


def apply_checkpoint(
    checkpoint: Checkpoint,
    dataset: Dataset,
    compute: Compute,
    run: Path,
    *,
    name: str | None = None,
    trusted: Collection[str] = (),
) -> Predictions:
    """Predict all samples of a data set.

    Args:
        checkpoint: of a trained model.
        dataset: the samples; labels are optional.
        compute: on what it runs.
        run: the run's folder.
        name: of the predictions; None: the training run's.
        trusted: classes from outside of lfx that the checkpoint may name.

    Raises:
        CheckpointError: the checkpoint does not describe a model.
        DataError: the data cannot be read, or have classes that the model does not know.
    """
    provenance = checkpoint.provenance
    classifier = restore(checkpoint, trusted)
    modality = restore_modality(checkpoint, trusted)
    table = dataset.any(known=classifier.classes).with_classes(classifier.classes)
    table = decoded_as_in_training(table, provenance.background)
    table = dataset.without_missing(table.with_splits(known_splits(table, provenance)))
    table = find_usable(modality, table, dataset.cache, drop_bad=dataset.drops_bad).of(table)
    for sentence in trained_id_warnings(table, provenance):
        log.warning(sentence)
    rows = range(len(table))
    context = RunContext(table, modality, compute, run, dataset.cache, RunCheckpoints(run, {}))
    return assemble(
        table,
        rows,
        predict(classifier, rows, context),
        Origin(
            modality.reads,
            name or provenance.name,
            provenance.seed,
            provenance.config_hash,
            modality.fingerprints(table, dataset.cache),
            provenance.regime,
        ),
        knows_training=is_of_training(table, provenance),
    )
