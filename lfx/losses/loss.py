"""What every loss of phase 1 is to the rest of lfx."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Views:
    """What phase 1 knows of a batch. A sample that is augmented twice has two rows, its views.

    Attributes:
        projections: (rows, width) float32 output of the projection.
        instances: (rows,) which sample a row is a view of.
        labels: (rows,) class indices; None for a loss that must not see them.
        logits: (rows, classes) of the classifier; None where no loss reads them.
    """

    projections: Tensor
    instances: Tensor
    labels: Tensor | None = None
    logits: Tensor | None = None

    def without_labels(self) -> Views:
        """Give what a loss without labels may see."""
        return replace(self, labels=None, logits=None)


@dataclass(frozen=True)
class LossTerm:
    """A loss over a batch.

    Attributes:
        value: () float, at least 0, with gradients. 0 where no anchor contributes.
        idle: () int, how many rows are no anchor for want of a positive or of a negative.
    """

    value: Tensor
    idle: Tensor


class Loss(ABC):
    """Something that phase 1 can minimise.

    Attributes:
        uses_labels: whether it reads labels.
        uses_logits: whether it reads the classifier's logits.
        views: how many views of a sample it needs at least.
    """

    uses_labels: bool
    uses_logits: bool
    views: int

    @abstractmethod
    def __call__(self, seen: Views, progress: float = 0.0) -> LossTerm:
        """Give the loss over a batch.

        Args:
            seen: the batch.
            progress: how much of phase 1 is over, in 0..1; for what is scheduled.
        """


class ContrastiveLoss(Loss):
    """A loss over projections: rows with the same target are positives of each other."""

    uses_labels = True
    uses_logits = False
    views = 1

    def __call__(self, seen: Views, progress: float = 0.0) -> LossTerm:
        """Contrast by labels, or by instances where the loss uses no labels.

        Raises:
            ValueError: it uses labels and there are none.
        """
        del progress
        if not self.uses_labels:
            return self.contrast(seen.projections, seen.instances)
        if seen.labels is None:
            raise ValueError(f"{type(self).__name__} needs labels, got none")
        return self.contrast(seen.projections, seen.labels)

    @abstractmethod
    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Give the loss.

        Args:
            embeddings: (rows, width).
            targets: (rows,) rows with the same target are positives of each other.
        """


def same_target(targets: Tensor) -> Tensor:
    """Tell (rows, rows) bool whether two rows have the same target; a row has its own."""
    return targets.unsqueeze(0) == targets.unsqueeze(1)


def count_idle(targets: Tensor) -> Tensor:
    """Count the rows without any positive (another row of their target) or any negative.

    Args:
        targets: (rows,).

    Returns:
        () int64.
    """
    mates = same_target(targets).sum(dim=1)
    return ((mates == 1) | (mates == len(targets))).sum()


def mean_or_zero(losses: Tensor, embeddings: Tensor) -> Tensor:
    """Average losses; where there are none give 0, with gradients of 0.

    Args:
        losses: (anchors,), maybe empty.
        embeddings: what the losses were computed from.
    """
    return losses.mean() if losses.numel() else torch.zeros_like(embeddings).mul(embeddings).sum()
