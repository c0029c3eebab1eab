"""The interface of the losses of phase 1."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Views:
    """A batch of phase 1. A sample that is augmented twice has two rows, its views.

    Attributes:
        projections: (rows, width) float32, the projection's output.
        instances: (rows,) the sample that each row is a view of.
        labels: (rows,) class indices; None for a loss that must not see them.
        logits: (rows, classes) the classifier's output; None where no loss reads it.
    """

    projections: Tensor
    instances: Tensor
    labels: Tensor | None = None
    logits: Tensor | None = None

    def without_labels(self) -> Views:
        """Return the batch without labels and logits, for a loss that uses no labels."""
        return replace(self, labels=None, logits=None)


@dataclass(frozen=True)
class LossTerm:
    """The loss of a batch.

    Attributes:
        value: () float, at least 0, with gradients; 0 where no anchor contributes.
        unpaired: () int, the number of rows that are not an anchor because they have no positive
            or no negative.
    """

    value: Tensor
    unpaired: Tensor


class Loss(ABC):
    """A loss that phase 1 minimises.

    Attributes:
        uses_labels: whether the loss reads labels.
        uses_logits: whether the loss reads the classifier's logits.
        views: the least number of views per sample.
    """

    uses_labels: bool
    uses_logits: bool
    views: int

    @abstractmethod
    def __call__(self, batch: Views, progress: float = 0.0) -> LossTerm:
        """Compute the loss of a batch.

        Args:
            batch: projections, labels and logits.
            progress: the share of phase 1 that is completed, in 0..1; for schedules.
        """


class ContrastiveLoss(Loss):
    """A loss over projections: rows with the same target are positives of each other."""

    uses_labels = True
    uses_logits = False
    views = 1

    def __call__(self, batch: Views, progress: float = 0.0) -> LossTerm:
        """Compute the loss with labels as targets, or instances where it uses no labels.

        Raises:
            ValueError: the loss uses labels and the batch has none.
        """
        del progress
        if not self.uses_labels:
            return self.contrast(batch.projections, batch.instances)
        if batch.labels is None:
            raise ValueError(f"{type(self).__name__} needs labels, got none")
        return self.contrast(batch.projections, batch.labels)

    @abstractmethod
    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Compute the loss.

        Args:
            embeddings: (rows, width).
            targets: (rows,) rows with the same target are positives of each other.
        """


def same_target(targets: Tensor) -> Tensor:
    """Return whether two rows have the same target, (rows, rows) bool; True on the diagonal."""
    return targets.unsqueeze(0) == targets.unsqueeze(1)


def count_unpaired(targets: Tensor) -> Tensor:
    """Count the rows without a positive (another row with their target) or without a negative.

    Args:
        targets: (rows,).

    Returns:
        () int64.
    """
    sizes = same_target(targets).sum(dim=1)
    return ((sizes == 1) | (sizes == len(targets))).sum()


def mean_or_zero(losses: Tensor, embeddings: Tensor) -> Tensor:
    """Return the mean of losses; without any loss 0, with gradients of 0.

    Args:
        losses: (anchors,), may be empty.
        embeddings: the tensor that the losses were computed from.
    """
    return losses.mean() if losses.numel() else torch.zeros_like(embeddings).mul(embeddings).sum()
