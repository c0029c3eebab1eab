"""The triplet loss with mining, by pytorch-metric-learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Interval
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BaseMiner, BatchHardMiner, TripletMarginMiner
from pytorch_metric_learning.reducers import MeanReducer

from lfx.losses.loss import ContrastiveLoss, LossTerm
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from torch import Tensor


@checked
class Triplet(ContrastiveLoss):
    """The triplet loss (Schroff et al. 2015) over L2-normalised embeddings.

    The mean of `max(0, |a - p| - |a - n| + margin)` over the mined triplets; 0 without any.
    `unpaired` counts the rows that are the anchor of no mined triplet: they lack a positive, a
    negative, or a semihard negative.

    Args:
        margin: above 0; distances lie in 0..2.
        mining: `hard`: each anchor with its farthest positive and nearest negative (Hermans et al.
            2017). `semihard`: negatives farther than the positive, but within the margin. `all`:
            every triplet.
    """

    def __init__(
        self,
        *,
        margin: Annotated[float, Interval(gt=0, le=2)] = 0.2,
        mining: Literal["hard", "semihard", "all"] = "hard",
    ) -> None:
        self.loss = TripletMarginLoss(margin=margin, reducer=MeanReducer())
        self.miner: BaseMiner = (
            BatchHardMiner()
            if mining == "hard"
            else TripletMarginMiner(
                margin=margin if mining == "semihard" else 2, type_of_triplets=mining
            )
        )

    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Compute the loss."""
        triplets = self.miner(embeddings, targets)
        anchors = triplets[0].unique().numel()
        unpaired = targets.new_tensor(len(targets) - anchors)
        return LossTerm(self.loss(embeddings, targets, triplets), unpaired)
