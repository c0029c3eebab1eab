"""The N-pair loss, as the paper writes it and as the published code computes it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lfx.losses.loss import ContrastiveLoss, LossTerm, count_unpaired, mean_or_zero, same_target
from lfx.runtime.checked import checked
from lfx.runtime.settings import Positive


def npair(embeddings: Tensor, targets: Tensor, *, symmetric: bool = False) -> LossTerm:
    """Compute the N-pair loss over all anchor-positive pairs (the paper, section IV.C; Sohn 2016).

    The loss of a pair (a, p) is `log(1 + sum over n of exp(f_a . f_n - f_a . f_p))`: raw dot
    products, no temperature. Sohn's batch has one pair per class; its first sample is the anchor,
    and the negatives are the positives of the other pairs. With more samples per class, every pair
    counts once, with the earlier row as its anchor, and the negatives are all rows of other targets
    that are the positive of some pair. On batches with one pair per class this is therefore Sohn's
    loss, and pytorch-metric-learning's `NPairsLoss`.

    Args:
        embeddings: (rows, width), not normalised.
        targets: (rows,) rows with the same target are positives of each other.
        symmetric: count each pair in both directions, with all rows of other targets as negatives;
            the loss then does not depend on the order of the rows.

    Returns:
        The mean over the pairs that have a negative. `unpaired` counts the rows that are neither
        the anchor nor the positive of such a pair.
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
    # log(sum over n of exp(f_a . f_n)), once for each row that is an anchor.
    rows, row_of_pair = torch.unique(anchors, return_inverse=True)
    negative_terms = similarity[rows].masked_fill(~negatives[rows], -torch.inf).logsumexp(dim=1)
    # Softplus is log(1 + exp(x)) without overflow: dot products are not bounded.
    losses = functional.softplus(negative_terms[row_of_pair] - similarity[anchors, positives])
    unpaired = (~(pairs.any(dim=0) | pairs.any(dim=1))).sum()
    return LossTerm(mean_or_zero(losses, embeddings), unpaired)


def npair_tfa(embeddings: Tensor, targets: Tensor, *, temperature: float) -> LossTerm:
    """Compute the N-pair loss of TensorFlow Addons, which the paper's published code uses.

    The embeddings are L2-normalised. The loss is the cross-entropy of their similarities, divided
    by the temperature, against targets that are uniform over all rows with the anchor's target,
    the anchor itself included.

    Args:
        embeddings: (rows, width).
        targets: (rows,) rows with the same target are positives of each other.
        temperature: above 0.

    Returns:
        The mean over all rows. A row without a positive has itself as the only positive, and a row
        without negatives has positives only: both have a finite loss and count as `unpaired`.
    """
    normalised = functional.normalize(embeddings)
    logits = normalised @ normalised.T / temperature
    shares = same_target(targets).to(logits.dtype)
    shares = shares / shares.sum(dim=1, keepdim=True)
    return LossTerm(functional.cross_entropy(logits, shares), count_unpaired(targets))


class NPair(ContrastiveLoss):
    """`npair`.

    Args:
        symmetric: count each pair in both directions.
    """

    def __init__(self, *, symmetric: bool = False) -> None:
        self.symmetric = symmetric

    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Compute the loss."""
        return npair(embeddings, targets, symmetric=self.symmetric)


@checked
class NPairTfa(ContrastiveLoss):
    """`npair_tfa`.

    Args:
        temperature: divisor of the similarities, above 0.
    """

    def __init__(self, *, temperature: Positive = 0.1) -> None:
        self.temperature = temperature

    def contrast(self, embeddings: Tensor, targets: Tensor) -> LossTerm:
        """Compute the loss."""
        return npair_tfa(embeddings, targets, temperature=self.temperature)
