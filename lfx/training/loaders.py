"""From rows of the sample table to batches."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from torch.utils.data import DataLoader

from lfx.training.batches import Batches, EpochBatches
from lfx.training.frozen import encode_frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.utils.data import Sampler

    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder
    from lfx.modalities.modality import Inputs
    from lfx.models.classifier import Batch, Classifier
    from lfx.training.batches import BatchKey
    from lfx.training.compute import Compute
    from lfx.training.context import RunContext

_MOST_WORKERS = 4


class Loaders(NamedTuple):
    """What a phase is trained on, and what it is validated on."""

    train: DataLoader[Batch]
    val: DataLoader[Batch]


def classifier_loaders(classifier: Classifier, context: RunContext) -> Loaders:
    """Load the train split, shuffled by seed and epoch and augmented, and validation as it is.

    What a frozen part of a joint encoder gives is computed here, once, and loaded.
    """
    table, compute, encoder = context.table, context.compute, classifier.encoder
    rows, val = table.rows("train"), table.rows("val")
    inputs = encode_frozen(encoder, context.inputs(rows, encoder, classifier.seed), context)
    sampler = EpochBatches(compute.batch_size, inputs.lengths, seed=classifier.seed)
    return Loaders(
        make_loader(inputs, labels_of(table, rows), sampler, compute),
        _in_order(encode_frozen(encoder, context.inputs(val, encoder), context), val, context),
    )


def ordered_loader(encoder: Encoder, rows: Sequence[int], context: RunContext) -> DataLoader[Batch]:
    """Load some rows as they are, each once, the longest first."""
    return _in_order(context.inputs(rows, encoder), rows, context)


def _in_order(inputs: Inputs, rows: Sequence[int], context: RunContext) -> DataLoader[Batch]:
    sampler = EpochBatches(2 * context.compute.batch_size, inputs.lengths, seed=None)
    return make_loader(inputs, labels_of(context.table, rows), sampler, context.compute)


def make_loader(
    inputs: Inputs,
    labels: Sequence[int],
    sampler: Sampler[BatchKey],
    compute: Compute,
    views: int = 1,
) -> DataLoader[Batch]:
    """Load the batches that a sampler draws.

    Args:
        inputs: where they come from.
        labels: (samples,) class indices, -1 where there is none.
        sampler: draws them.
        compute: where they go to.
        views: how often each sample is in its batch, each time augmented anew.
    """
    workers = compute.workers
    if workers is None:
        workers = 0 if compute.device.type == "cpu" else min(_MOST_WORKERS, _cpus())
    return DataLoader(
        Batches(labels, inputs.collate, views),
        sampler=sampler,
        batch_size=None,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=compute.device.type == "cuda",
    )


def labels_of(table: SampleTable, rows: Sequence[int]) -> list[int]:
    """Return the class indices of some rows, -1 where there is none."""
    return [int(table.labels[row]) for row in rows]


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
