"""Run a frozen encoder over whole splits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lfx.data.batches import EpochBatches, EveryEpochAlike
from lfx.modalities.loaders import labels_of, make_loader, ordered_loader
from lfx.modalities.prediction import embed
from lfx.modalities.surroundings import Surroundings, Vectors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lfx.modalities.classifier import Classifier

log = logging.getLogger(__name__)


def encode_splits(model: Classifier, around: Surroundings) -> Vectors:
    """Encode training and validation samples as they are, by the encoder as it is."""
    count = sum(len(around.table.rows(split)) for split in ("train", "val"))
    log.info("encoding %d samples of train and val", count)
    parts = []
    for split in ("train", "val"):
        rows = around.table.rows(split)
        loader = ordered_loader(model, around.table, rows, around.compute, around.cache_dir)
        parts.append(embed(model.encoder, loader, len(rows), around.compute, run=around.run))
    return Vectors(*parts)


def encode_augmented(
    model: Classifier, around: Surroundings, count: int
) -> list[npt.NDArray[np.float32]]:
    """Encode the training samples some times, augmented anew each time.

    Returns:
        (samples, features) for each time.
    """
    rows = around.table.rows("train")
    inputs = model.inputs(around.table, rows, around.cache_dir, around.augmentation)
    ordered = EpochBatches(2 * around.compute.batch_size, inputs.lengths, seed=None)
    labels = labels_of(around.table, rows)
    views = []
    for view in range(count):
        loader = make_loader(inputs, labels, EveryEpochAlike(ordered, view), around.compute)
        views.append(embed(model.encoder, loader, len(rows), around.compute, run=around.run))
        log.info("encoded %d samples, augmented: %d of %d times", len(rows), view + 1, count)
    return views
