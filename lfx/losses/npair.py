"""The N-pair loss, as the paper writes it and as the published code computes it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lfx.losses.loss import ContrastiveLoss, LossTerm, count_idle, mean_or_zero, same_target
from lfx.runtime.checked import checked
from lfx.runtime.settings import Positive


def npair(embeddings: Tensor, targets: Tensor, *, symmetric: bool = False) -> LossTerm:
    """Give the N-pair loss over all anchor-positive pairs (the paper, section IV.C; Sohn 2016).

    A pair (a, p) of one target loses `log(1 + sum over n of exp(f_a . f_n - f_a . f_p))`: raw dot
    products, no temperature. Sohn's batch holds one pair of each class, the first sample of which
    is the anchor, and takes as negatives the positives of the other pairs. With more samples a
    class, every pair counts once, the earlier row being its anchor, and the negatives are all rows
    of other targets that are the positive of some pair. So on batches with one pair a class this is
    Sohn's loss, and pytorch-metric-learning's `NPairsLoss`.

    Args:
        embeddings: (rows, width), not normalised.
        targets: (rows,) rows with the same target are positives of each other.
        symmetric: let each pair count in both directions, with all rows of other targets as
            negatives; what is earlier in the batch then does not matter.

    Returns:
        The mean over the pairs that have a negative. Idle are rows that are neither the anchor nor
        the positive of such a pair.
    """
    similarity = embeddings @ embeddings.T
    same = same_target(targets)
    if symmetric:
        pairs, negatives = same ^ torch.eye(len(same), dtype=torch.bool, device=same.device), ~same
    else:
        pairs = same.triu(diagonal=1)
        negatives = ~same & pairs.any(dim=0)
    pairs &= negatives.any(dim=1, keepdim=True)
    anchors, positives = pairs.nonzero(as_tuple=True)
    # log(sum over n of exp(f_a . f_n)), for each row that is an anchor.
    rows, of_row = torch.unique(anchors, return_inverse=True)
    pushed = similarity[rows].masked_fill(~negatives[rows], -torch.inf).logsumexp(dim=1)
    # log(1 + exp(x)), where x may be large: dot products have no bound.
    losses = functional.softplus(pushed[of_row] - similarity[anchors, positives])
    idle = (~(pairs.any(dim=0) | pairs.any(dim=1))).sum()
    return LossTerm(mean_or_zero(losses, embeddings), idle)


def npair_tfa(embeddings: Tensor, targets: Tensor, *, temperature: float) -> LossTerm:
    """Give the N-pair loss as TensorFlow Addons has it, which the paper's published code uses.

    The embeddings are L2-normalised; the cross-entropy of their similarities, divided by the
    temperature, is taken against targets that share each row equally between all rows of its
    target, the anchor itself included.

    Args:
        embeddings: (rows, width).
        targets: (rows,) rows with the same target are positives of each other.
        temperature: above 0.

    Returns:
        The mean over all rows. A row without a positive has itself, one without negatives is pulled
        towards its mates alone: both have a finite loss, and are counted as idle.
    """
    normalised = functional.normalize(embeddings)
    logits = normalised @ normalised.T / temperature
    shares = same_target(targets).to(logits.dtype)
    shares = shares / shares.sum(dim=1, keepdim=True)
    return LossTerm(functional.cross_entropy(logits, shares), count_idle(targets))


class NPair(ContrastiveLoss):
    """`npair`.

    Args:
        symmetric: let each pair count in both directions.
    """

    def __init__(self, *, symmetric: bool = False) -> None:
        self.symmetric = symmetric

    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Give the loss."""
        return npair(embeddings, targets, symmetric=self.symmetric)


@checked
class NPairTfa(ContrastiveLoss):
    """`npair_tfa`.

    Args:
        temperature: what similarities are divided by, above 0.
    """

    def __init__(self, *, temperature: Positive = 0.1) -> None:
        self.temperature = temperature

    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Give the loss."""
        return npair_tfa(embeddings, targets, temperature=self.temperature)
