"""Batches for contrast: each class is in every batch, or as many as the batch has room for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from torch.utils.data import Sampler

from lfx.training.batches import BatchKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

# Batches among which samples of like length are put together.
_WINDOW = 50
# Lengths that differ by these factors count as alike.
_LIKE = (0.8, 1.2)


class BalancedBatches(Sampler[BatchKey]):
    """Draws batches with the same number of samples of each class.

    An epoch has as many batches as one over all samples would have: a large class is not seen in
    full, a small one several times, but no sample twice in one batch. What is drawn depends on the
    seed and the epoch alone.

    Args:
        labels: (samples,) class indices, at least two different ones.
        per_class: samples of each class in a batch, at least 1. A class that has fewer gives all.
        size: samples per batch at the most, at least twice as many as of a class. Where there is
            no room for all classes, each batch has some of them, and all take turns.
        lengths: (samples,) length of each sample. Batches then hold samples of like length.
        seed: of what is drawn.

    Raises:
        ValueError: a batch would hold fewer than two classes.
    """

    def __init__(
        self, labels: Sequence[int], per_class: int, size: int, lengths: Sequence[int], seed: int
    ) -> None:
        names = np.unique(labels)
        self.classes = [np.flatnonzero(np.asarray(labels) == name) for name in names]
        self.together = min(len(names), size // per_class)
        if self.together < 2:  # noqa: PLR2004, contrast needs two
            raise ValueError(
                f"a batch of {size} samples with {per_class} of each class holds fewer than two "
                f"classes, of which there are {len(names)}"
            )
        self.per_class = per_class
        self.lengths = np.asarray(lengths)
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the epoch from the trainer."""
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self.lengths) / (self.per_class * self.together))

    def __iter__(self) -> Iterator[BatchKey]:
        chance = np.random.default_rng([self.seed, self.epoch])
        turns = self._turns(chance)
        counts = [sum(index in turn for turn in turns) for index in range(len(self.classes))]
        parts = [
            iter(self._parts(chance, members, count))
            for members, count in zip(self.classes, counts, strict=True)
        ]
        batches = [np.concatenate([next(parts[index]) for index in turn]) for turn in turns]
        for batch in chance.permutation(len(batches)):
            yield BatchKey(chance.permutation(batches[batch]).tolist(), self.epoch)

    def _turns(self, chance: np.random.Generator) -> list[list[int]]:
        """Choose the classes of each batch: those that have had the fewest turns so far."""
        had = np.zeros(len(self.classes), dtype=int)
        turns = []
        for _ in range(len(self)):
            chosen = np.lexsort((chance.random(len(had)), had))[: self.together]
            had[chosen] += 1
            turns.append(chosen.tolist())
        return turns

    def _parts(
        self, chance: np.random.Generator, members: npt.NDArray[np.int64], count: int
    ) -> list[npt.NDArray[np.int64]]:
        """Cut a class into what it gives to each of its batches."""
        size = min(self.per_class, len(members))
        parts: list[npt.NDArray[np.int64]] = []
        while len(parts) < count:
            order = chance.permutation(members)[: len(members) // size * size]
            # Of like length, not of the same: neighbours have to change from epoch to epoch.
            likely = self.lengths[order] * chance.uniform(*_LIKE, size=len(order))
            cut = order[np.argsort(likely)].reshape(-1, size)
            parts += list(cut[chance.permutation(len(cut))])
        # All classes sort their windows: what they give to the same batch is of like length.
        windows = [parts[at : min(at + _WINDOW, count)] for at in range(0, count, _WINDOW)]
        return [
            part
            for window in windows
            for part in sorted(window, key=lambda part: self.lengths[part].sum())
        ]
