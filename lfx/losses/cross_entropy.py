"""The cross-entropy as a loss of phase 1, for comparison and for combined losses."""

from __future__ import annotations

from torch.nn import functional

from lfx.losses.loss import Loss, LossTerm, Views
from lfx.runtime.checked import checked
from lfx.runtime.settings import Probability


@checked
class CrossEntropy(Loss):
    """The mean cross-entropy of a linear classifier beside the projection.

    Args:
        label_smoothing: share of the target that is spread over all classes, 0 or more, below 1.
    """

    uses_labels = True
    uses_logits = True
    views = 1

    def __init__(self, *, label_smoothing: Probability = 0.0) -> None:
        self.label_smoothing = label_smoothing

    def __call__(self, batch: Views, progress: float = 0.0) -> LossTerm:
        """Compute the loss; `unpaired` is always 0.

        Raises:
            ValueError: there are no logits or no labels.
        """
        del progress
        if batch.logits is None or batch.labels is None:
            raise ValueError("CrossEntropy needs logits and labels, got none")
        value = functional.cross_entropy(
            batch.logits, batch.labels, label_smoothing=self.label_smoothing
        )
        return LossTerm(value, batch.labels.new_zeros(()))
