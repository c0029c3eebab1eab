"""Applying a trained model to any data set, labelled or not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lfx.artifacts.seen import seen_by
from lfx.data.missing import take_away
from lfx.data.samples import SampleTable
from lfx.modalities.absent import with_absent_columns
from lfx.modalities.modality import Modality
from lfx.modalities.usable import find_usable
from lfx.models.classifier import Classifier
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
    from collections.abc import Collection, Sequence

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

    A part of a joint model that no sample has is not among the columns that were read.

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
    applied = Applied.of(checkpoint, dataset, dataset.any(known=checkpoint.classes), trusted)
    for sentence in trained_id_warnings(applied.table, provenance):
        log.warning(sentence)
    table, modality = applied.table, applied.modality
    empty = {name for name, column in table.columns.items() if not column.present.any()}
    columns = modality.fingerprints(table, dataset.cache)
    return assemble(
        table,
        range(len(table)),
        applied.predict(table, range(len(table)), compute, run),
        Origin(
            modality.reads,
            name or provenance.name,
            provenance.seed,
            provenance.config_hash,
            {name: digest for name, digest in columns.items() if name not in empty},
            provenance.regime,
        ),
        seen=applied.seen,
    )


@dataclass(frozen=True, eq=False)
class Applied:
    """A trained model, and the samples of a data set that it can read.

    Attributes:
        classifier: with its weights.
        modality: what it reads of a sample.
        table: the samples, in the splits that they had when it was trained.
        cache_dir: where prepared content is kept.
        seen: (samples,) whether the model was fitted on another sample of a sample's group; None:
            unknown, since they are of another data set.
    """

    classifier: Classifier
    modality: Modality
    table: SampleTable
    cache_dir: Path
    seen: npt.NDArray[np.bool_] | None

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        dataset: Dataset,
        table: SampleTable,
        trusted: Collection[str] = (),
    ) -> Applied:
        """Restore a model, and find the samples that it can read.

        Args:
            checkpoint: of a trained model.
            dataset: whose samples they are.
            table: all of its samples.
            trusted: classes from outside of lfx that the checkpoint may name.

        Raises:
            CheckpointError: the checkpoint does not describe a model.
            DataError: the data have classes that the model does not know, or nothing that it reads.
        """
        classifier = restore(checkpoint, trusted)
        modality = restore_modality(checkpoint, trusted)
        table = table.with_classes(classifier.classes)
        table = decoded_as_in_training(table, checkpoint.provenance.background)
        splits = known_splits(table, checkpoint.provenance)
        whole = with_absent_columns(modality, table.with_splits(splits))
        table = dataset.without_missing(whole)
        usable = find_usable(modality, table, dataset.cache, drop_bad=dataset.drops_bad)
        seen = None
        if is_of_training(whole, checkpoint.provenance):
            # Training may have read what is taken away here, or what has been damaged since.
            fitted = (whole.splits == "train") & modality.present(whole)
            seen = seen_by(whole.groups, fitted)[usable.rows]
        return cls(classifier, modality, usable.of(table), dataset.cache, seen)

    def predict(
        self, table: SampleTable, rows: Sequence[int], compute: Compute, run: Path
    ) -> npt.NDArray[np.float32]:
        """Return logits (rows, classes) of some rows of a table, all of which it can read."""
        checkpoints = RunCheckpoints(run, {})
        context = RunContext(table, self.modality, compute, run, self.cache_dir, checkpoints)
        return predict(self.classifier, rows, context)

    def without(
        self, column: str, split: str, compute: Compute, run: Path
    ) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Predict a split's samples as if none of them had a column.

        Args:
            column: the name of the column.
            split: whose samples are predicted.
            compute: on what it runs.
            run: the run's folder.

        Returns:
            (samples,) ids of those that it can read without the column, and their logits
            (samples, classes).
        """
        table = take_away(self.table, {column: 1.0}, (split,), seed=0)
        can_read = self.modality.present(table)
        rows = [row for row in table.rows(split) if can_read[row]]
        logits = np.empty((0, len(table.classes)), dtype=np.float32)
        if rows:
            logits = self.predict(table, rows, compute, run)
        return [str(table.ids[row]) for row in rows], logits
