"""A contrastive loss of one's own, with an option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Gt
from torch.nn import functional

from lfx.losses.loss import ContrastiveLoss, LossTerm, count_unpaired, mean_or_zero, same_target

if TYPE_CHECKING:
    from torch import Tensor


class PairwiseMargin(ContrastiveLoss):
    """Pull positives together, push negatives apart (Hadsell, Chopra and LeCun, CVPR 2006).

    Args:
        margin: distance beyond which negatives count no more; distances lie in 0..2.
    """

    def __init__(self, *, margin: Annotated[float, Gt(0)] = 1.0) -> None:
        self.margin = margin

    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Return the mean over all pairs of different rows."""
        normalised = functional.normalize(embeddings)
        rows, columns = same_target(targets).triu(diagonal=1).nonzero(as_tuple=True)
        pulled = (normalised[rows] - normalised[columns]).square().sum(dim=1)
        rows, columns = (~same_target(targets)).triu(diagonal=1).nonzero(as_tuple=True)
        # The gradient of a distance is not defined where it is 0.
        apart = (normalised[rows] - normalised[columns]).square().sum(dim=1).clamp(min=1e-12).sqrt()
        pushed = (self.margin - apart).clamp(min=0).square()
        value = mean_or_zero(pulled, embeddings) + mean_or_zero(pushed, embeddings)
        return LossTerm(value, count_unpaired(targets))
