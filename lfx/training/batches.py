"""Which samples make a batch, and what a batch holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from lfx.modalities.modality import NO_EPOCH, Collate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

# Batches whose samples are sorted by length together. More: less padding, but less chance.
_POOL = 50


class BatchKey(list[int]):
    """The positions of a batch's samples, and the epoch they are drawn in."""

    def __init__(self, positions: Sequence[int], epoch: int) -> None:
        super().__init__(positions)
        self.epoch = epoch


class EpochBatches(Sampler[BatchKey]):
    """Draws the batches of an epoch: shuffled by seed and epoch, or in order.

    An epoch's batches depend on the seed and the epoch alone, so a resumed run draws what an
    uninterrupted one would have drawn. A shuffled batch of one sample, in which batch normalisation
    has no variance to estimate, joins the batch before it.

    Args:
        size: samples per batch.
        lengths: (samples,) length of each sample. Batches then hold samples of like length.
        seed: of the shuffle; None: no shuffle, every epoch alike, longest first.
    """

    def __init__(self, size: int, lengths: Sequence[int], seed: int | None) -> None:
        self.size = size
        self.lengths = np.asarray(lengths)
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the epoch from the trainer."""
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self.lengths) / self.size) - self._has_single()

    def __iter__(self) -> Iterator[BatchKey]:
        if self.seed is None:
            order = np.argsort(-self.lengths, kind="stable")
            for start in range(0, len(order), self.size):
                yield BatchKey(order[start : start + self.size].tolist(), NO_EPOCH)
            return
        chance = np.random.default_rng([self.seed, self.epoch])
        order = chance.permutation(len(self.lengths))
        batches: list[npt.NDArray[np.int64]] = []
        for start in range(0, len(order), self.size * _POOL):
            pool = order[start : start + self.size * _POOL]
            pool = pool[np.argsort(self.lengths[pool], kind="stable")]
            batches += [pool[at : at + self.size] for at in range(0, len(pool), self.size)]
        if self._has_single():
            single = batches.pop()
            batches[-1] = np.concatenate([batches[-1], single])
        for batch in chance.permutation(len(batches)):
            yield BatchKey(batches[batch].tolist(), self.epoch)

    def _has_single(self) -> bool:
        count = len(self.lengths)
        return self.seed is not None and 1 < self.size < count and count % self.size == 1


class EveryEpochAlike(Sampler[BatchKey]):
    """Repeats another sampler's epoch 0 for ever: for validation, whose batches have to compare.

    Args:
        batches: the other sampler.
        augmented_as: the epoch by which samples are augmented; None: they are not.
    """

    def __init__(self, batches: Sampler[BatchKey], augmented_as: int | None = None) -> None:
        self.batches = batches
        self.epoch = NO_EPOCH if augmented_as is None else augmented_as

    def __len__(self) -> int:
        return len(self.batches)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[BatchKey]:
        for key in self.batches:
            yield BatchKey(key, self.epoch)


class Batches(Dataset[dict[str, Tensor]]):
    """Makes whole batches: `DataLoader(batches, sampler=EpochBatches(...), batch_size=None)`.

    Args:
        labels: (samples,) class indices, -1 where there is none.
        collate: returns what the encoder reads.
        views: how often each sample is in its batch, each time augmented anew.
    """

    def __init__(self, labels: Sequence[int], collate: Collate, views: int = 1) -> None:
        self.labels = torch.tensor(labels)
        self.collate = collate
        self.views = views

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, key: BatchKey) -> dict[str, Tensor]:
        """Return `position` and `label`, both (views * batch,), and the encoder's inputs."""
        positions = torch.tensor(list(key)).repeat(self.views)
        return {
            "position": positions,
            "label": self.labels[positions],
            **self.collate(list(key), key.epoch, self.views),
        }
