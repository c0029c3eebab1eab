"""Which samples make a batch, and what a batch holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from lfx.data.augmentation import Augmentation

# Labels of unlabelled samples.
UNLABELLED = -1
# Epoch of batches that are never augmented.
_NO_EPOCH = -1
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
                yield BatchKey(order[start : start + self.size].tolist(), _NO_EPOCH)
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


class Batches(Dataset[dict[str, Tensor]]):
    """Makes whole batches: `DataLoader(batches, sampler=EpochBatches(...), batch_size=None)`.

    Args:
        labels: (samples,) class indices, or `UNLABELLED`.
        inputs: gives what the encoder reads, from the positions of a batch and the epoch.
    """

    def __init__(
        self, labels: Sequence[int], inputs: Callable[[list[int], int], dict[str, Tensor]]
    ) -> None:
        self.labels = torch.tensor(labels)
        self.inputs = inputs

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, key: BatchKey) -> dict[str, Tensor]:
        """Give `position` (batch,), `label` (batch,) and the encoder's inputs."""
        positions = torch.tensor(list(key))
        return {
            "position": positions,
            "label": self.labels[positions],
            **self.inputs(list(key), key.epoch),
        }


class ImageInputs:
    """Reads a batch of images from the cache.

    Args:
        images: (all samples, size, size, 3) uint8, mapped from a file.
        rows: (samples,) which of them are meant.
        augmentation: changes training images; None: none.
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        rows: Sequence[int],
        augmentation: Augmentation | None = None,
    ) -> None:
        self.images = images
        self.rows = np.asarray(rows)
        self.augmentation = augmentation

    def __call__(self, positions: list[int], epoch: int) -> dict[str, Tensor]:
        """Give `image` (batch, 3, size, size) uint8, with the channels last in memory."""
        rows = self.rows[positions]
        batch = torch.from_numpy(np.ascontiguousarray(self.images[rows])).permute(0, 3, 1, 2)
        if self.augmentation is not None and epoch != _NO_EPOCH:
            for place, row in enumerate(rows.tolist()):
                batch[place] = self.augmentation(batch[place], epoch, row)
        return {"image": batch}


class TokenInputs:
    """Pads a batch of tokenised texts to the longest of them.

    Args:
        tokens: (samples,) token ids of each text.
        padding: the id of the padding token.
    """

    def __init__(self, tokens: Sequence[Sequence[int]], padding: int) -> None:
        self.tokens = [np.asarray(ids, dtype=np.int64) for ids in tokens]
        self.padding = padding

    def __call__(self, positions: list[int], _epoch: int) -> dict[str, Tensor]:
        """Give `input_ids` and `attention_mask`, both (batch, longest) int64."""
        texts = [self.tokens[position] for position in positions]
        longest = max(len(ids) for ids in texts)
        padded = np.full((len(texts), longest), self.padding, dtype=np.int64)
        mask = np.zeros((len(texts), longest), dtype=np.int64)
        for place, ids in enumerate(texts):
            padded[place, : len(ids)] = ids
            mask[place, : len(ids)] = 1
        return {"input_ids": torch.from_numpy(padded), "attention_mask": torch.from_numpy(mask)}
