"""Pools: how weights combine the members' probabilities. Pure functions that need no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lfx.fusion.weights import Weights


def linear_pool(probabilities: Tensor, weights: Weights) -> Tensor:
    """Average the members' probabilities, weighted.

    The score of class c for sample s is the sum over members m of w · p[m, s, c], and each sample's
    scores are then divided by their sum. With weights per class that division is what turns them
    into probabilities; otherwise it only makes the scale of the weights irrelevant. A sample to
    which weights per class leave no score at all gets 1 / classes everywhere.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member, class or sample.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not fit.
    """
    spread = _spread(probabilities, weights)
    scores = (spread * probabilities).sum(dim=0)
    total = scores.sum(dim=1, keepdim=True)
    even = torch.full_like(scores, 1 / scores.shape[1])
    return torch.where(total > 0, scores / torch.where(total > 0, total, 1), even)


def logarithmic_pool(probabilities: Tensor, weights: Weights) -> Tensor:
    """Average the logarithms of the members' probabilities: a weighted geometric mean.

    The score of class c is proportional to the product over members of p[m, s, c] ** w, with the
    weights of each sample normalised to sum to 1 (Genest and Zidek, Combining Probability
    Distributions, Statistical Science 1986). One confident "no" of a member with weight rules a
    class out. Probabilities are clipped at the smallest normal number of their type.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member or sample. A weight per class would not be an exponent of a
            distribution any more.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not fit, or weights per class.
    """
    if weights.per == "class":
        raise ValueError("a logarithmic pool takes weights per member or sample; got per class")
    spread = _spread(probabilities, weights)
    floor = torch.finfo(probabilities.dtype).tiny
    return torch.softmax((spread * probabilities.clamp(min=floor).log()).sum(dim=0), dim=1)


def _spread(probabilities: Tensor, weights: Weights) -> Tensor:
    """Scale weights and shape them so that they multiply `(members, samples, classes)`."""
    if probabilities.ndim != 3:  # noqa: PLR2004
        raise ValueError(
            "probabilities must have shape (members, samples, classes); "
            f"got {tuple(probabilities.shape)}"
        )
    members, samples, classes = probabilities.shape
    needed = {"member": (members,), "class": (members, classes), "sample": (members, samples)}
    if tuple(weights.values.shape) != needed[weights.per]:
        raise ValueError(
            f"weights per {weights.per} must have shape {needed[weights.per]} for probabilities of "
            f"shape {tuple(probabilities.shape)}; got {tuple(weights.values.shape)}"
        )
    values = weights.values.to(probabilities)
    if weights.per == "class":
        # Scaled by one number, since the proportions between classes matter too.
        return (values / values.max())[:, None, :]
    values = values / values.amax(dim=0)  # first, lest the sum overflow
    values = values / values.sum(dim=0)
    return values[:, None, None] if weights.per == "member" else values[:, :, None]
