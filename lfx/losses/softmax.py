"""SupCon and NT-Xent, by pytorch-metric-learning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytorch_metric_learning.losses import SupConLoss
from pytorch_metric_learning.reducers import DoNothingReducer

from lfx.losses.loss import ContrastiveLoss, LossTerm, mean_or_zero, same_target
from lfx.runtime.checked import checked
from lfx.runtime.settings import Positive

if TYPE_CHECKING:
    from torch import Tensor


@checked
class SupCon(ContrastiveLoss):
    """The supervised contrastive loss (Khosla et al. 2020), over L2-normalised embeddings.

    The mean over the anchors that have a positive; in a batch without negatives it is 0 and all
    rows are unpaired.

    Args:
        temperature: divisor of the similarities, above 0.
    """

    def __init__(self, *, temperature: Positive = 0.1) -> None:
        # The library's default reducer would leave out anchors whose loss is 0.
        self.loss = SupConLoss(temperature=temperature, reducer=DoNothingReducer())

    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Compute the loss."""
        sizes = same_target(targets).sum(dim=1)
        anchors = (sizes > 1) & (sizes < len(targets))
        unpaired = (~anchors).sum()
        if not anchors.any():
            return LossTerm(mean_or_zero(embeddings[anchors], embeddings), unpaired)
        losses = self.loss(embeddings, targets)["loss"]["losses"]
        return LossTerm(losses[anchors].mean(), unpaired)


class NtXent(SupCon):
    """The loss of SimCLR (Chen et al. 2020): two views of a sample against all other samples.

    It uses no labels: the targets are instances. With two views an anchor has one positive, and
    SupCon's formula equals NT-Xent's; with more views it is SupCon over instances.

    Args:
        temperature: divisor of the similarities, above 0.
    """

    uses_labels = False
    views = 2
