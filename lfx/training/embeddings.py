"""Embeddings: a frozen encoder run over whole splits once, and batches of what it gave."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from lfx.modalities.modality import NO_EPOCH, Inputs
from lfx.training.batches import EpochBatches, EveryEpochAlike
from lfx.training.context import RunContext, Vectors
from lfx.training.loaders import Loaders, labels_of, make_loader, ordered_loader
from lfx.training.predict import embed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from torch.utils.data import DataLoader

    from lfx.modalities.encoder import Encoder
    from lfx.models.classifier import Batch, Classifier
    from lfx.training.compute import Compute

log = logging.getLogger(__name__)


class EmbeddingCollate:
    """Reads a batch of embeddings that a frozen encoder has computed.

    Args:
        embeddings: (encoded views, samples, features) float32; epoch e reads view e modulo their
            number.
    """

    def __init__(self, embeddings: Tensor) -> None:
        self.embeddings = embeddings

    def __call__(self, positions: list[int], epoch: int, _views: int = 1) -> dict[str, Tensor]:
        """Return `embedding` (batch, features) float32."""
        view = 0 if epoch == NO_EPOCH else epoch % len(self.embeddings)
        return {"embedding": self.embeddings[view, positions]}


def encode_splits(encoder: Encoder, context: RunContext) -> Vectors:
    """Encode training and validation samples as they are, by the encoder as it is."""
    count = sum(len(context.table.rows(split)) for split in ("train", "val"))
    log.info("encoding %d samples of train and val", count)
    parts = []
    for split in ("train", "val"):
        rows = context.table.rows(split)
        loader = ordered_loader(encoder, rows, context)
        parts.append(embed(encoder, loader, len(rows), context.compute, run=context.run))
    return Vectors(*parts)


def encode_augmented(
    model: Classifier, context: RunContext, count: int
) -> list[npt.NDArray[np.float32]]:
    """Encode the training samples some times, augmented anew each time.

    Returns:
        (samples, features) for each time.
    """
    rows, compute = context.table.rows("train"), context.compute
    inputs = context.inputs(rows, model.encoder, model.seed)
    ordered = EpochBatches(2 * compute.batch_size, inputs.lengths, seed=None)
    labels = labels_of(context.table, rows)
    views = []
    for view in range(count):
        loader = make_loader(inputs, labels, EveryEpochAlike(ordered, view), compute)
        views.append(embed(model.encoder, loader, len(rows), compute, run=context.run))
        log.info("encoded %d samples, augmented: %d of %d times", len(rows), view + 1, count)
    return views


def embedding_loaders(
    vectors: Vectors, augmented: Sequence[npt.NDArray[np.float32]], seed: int, context: RunContext
) -> Loaders:
    """Load the batches of a classifier on embeddings.

    Args:
        vectors: of the samples as they are.
        augmented: (training samples, features) for each further view.
        seed: of the shuffle.
        context: whose samples they are.
    """
    table, compute = context.table, context.compute
    train = torch.from_numpy(np.stack([vectors.train, *augmented]))
    val = torch.from_numpy(vectors.val[None])
    return Loaders(
        _loader(train, labels_of(table, table.rows("train")), compute, seed),
        _loader(val, labels_of(table, table.rows("val")), compute, None),
    )


def _loader(
    embeddings: Tensor, labels: Sequence[int], compute: Compute, seed: int | None
) -> DataLoader[Batch]:
    lengths = [1] * len(labels)
    size = compute.batch_size if seed is not None else 2 * compute.batch_size
    # Rows of an array in memory: worker processes would only be in the way.
    return make_loader(
        Inputs(EmbeddingCollate(embeddings), lengths),
        labels,
        EpochBatches(size, lengths, seed=seed),
        replace(compute, workers=0),
    )
