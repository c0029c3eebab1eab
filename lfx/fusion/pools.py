"""Pools apply weights to the members' probabilities: pure functions that need no labels.

A member that lacks a sample has the weight 0 there, and the weights of the others are scaled to the
sum of all weights (for weights per class: in each class). If all the weight is on members that lack
a sample, the others share it equally.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import one_hot

if TYPE_CHECKING:
    from lfx.fusion.weights import Weights

Pool = Callable[[Tensor, "Weights", Tensor | None], Tensor]
_AXES = 3
# Larger than the rounding of sums of the same weights in another order.
_TIE = 1e-9
# Added to the winner of a tie: less than votes differ by, more than the rounding of float32.
_BONUS = 1e-3
# The largest number of elements of a temporary product; it fits into the CPU cache.
_MOST_ELEMENTS = 2**20


def linear_pool(probabilities: Tensor, weights: Weights, present: Tensor | None = None) -> Tensor:
    """Compute the weighted mean of the members' probabilities.

    The score of class c for sample s is the sum over members m of w · p[m, s, c]; then each
    sample's scores are divided by their sum. With weights per class this division makes them
    probabilities; otherwise it only makes the scale of the weights irrelevant. If weights per class
    make all scores of a sample 0, each class gets 1 / classes.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member, class or sample.
        present: whether a member has a sample, `(members, samples)`, bool; None: all members have
            all samples.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not match.
    """
    if weights.per == "sample" or probabilities.numel() <= 2 * _MOST_ELEMENTS:
        scores = (_broadcast(probabilities, weights, present) * probabilities).sum(dim=0)
        return _normalise(scores)
    # In parts, because a product of the size of all probabilities would double the memory.
    members, samples, classes = probabilities.shape
    pooled = probabilities.new_empty((samples, classes))
    width = max(1, _MOST_ELEMENTS // (members * classes))
    for low in range(0, samples, width):
        part = slice(low, low + width)
        part_present = None if present is None else present[:, part]
        pooled[part] = linear_pool(probabilities[:, part], weights, part_present)
    return pooled


def logarithmic_pool(
    probabilities: Tensor, weights: Weights, present: Tensor | None = None
) -> Tensor:
    """Compute the weighted geometric mean of the members' probabilities.

    The score of class c is proportional to the product over members of p[m, s, c] ** w, where the
    weights of each sample sum to 1 (Genest and Zidek, Combining Probability Distributions,
    Statistical Science 1986). One member with a probability near 0 excludes a class. Probabilities
    are clipped at the smallest normal number of their type.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member or sample; weights per class cannot be exponents of a distribution.
        present: whether a member has a sample, `(members, samples)`, bool; None: all members have
            all samples.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not match, or weights per class.
    """
    _refuse_per_class(weights, "a logarithmic pool")
    broadcast = _broadcast(probabilities, weights, present)
    floor = torch.finfo(probabilities.dtype).tiny
    return torch.softmax((broadcast * probabilities.clamp(min=floor).log()).sum(dim=0), dim=1)


def vote_pool(probabilities: Tensor, weights: Weights, present: Tensor | None = None) -> Tensor:
    """Compute the weighted plurality vote: each member votes for its most probable class.

    The score of class c is the share of the weight of the members that vote for it. Among classes
    with equally many votes the members' mean probability decides: the winner gets 0.001 of a vote
    more. Scores are shares of votes, not probabilities, so their log-loss and calibration error
    mean little.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member or sample.
        present: whether a member has a sample, `(members, samples)`, bool; None: all members have
            all samples.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not match, or weights per class.
    """
    _refuse_per_class(weights, "a vote")
    broadcast = _broadcast(probabilities, weights, present)
    ballots = one_hot(probabilities.argmax(dim=2), probabilities.shape[2]).to(probabilities)
    votes = (broadcast * ballots).sum(dim=0)
    is_tied = votes >= votes.amax(dim=1, keepdim=True) - _TIE
    mean = torch.where(is_tied, (broadcast * probabilities).sum(dim=0), -1)
    wins = mean >= mean.amax(dim=1, keepdim=True) - _TIE
    bonus = wins.to(votes) / wins.sum(dim=1, keepdim=True)
    has_tie = is_tied.sum(dim=1, keepdim=True) > 1
    return _normalise(torch.where(has_tie, votes + _BONUS * bonus, votes))


def maximum_pool(probabilities: Tensor, weights: Weights, present: Tensor | None = None) -> Tensor:
    """Compute the largest probability of each class over the members.

    The max rule (Kittler, Hatef, Duin and Matas, On Combining Classifiers, TPAMI 1998), divided by
    the row's sum. Members with a weight of 0 are left out; other weights have no effect.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member or sample.
        present: whether a member has a sample, `(members, samples)`, bool; None: all members have
            all samples.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not match, or weights per class.
    """
    _refuse_per_class(weights, "a maximum")
    counts = _broadcast(probabilities, weights, present) > 0
    return _normalise(torch.where(counts, probabilities, 0).amax(dim=0))


def _normalise(scores: Tensor) -> Tensor:
    """Divide each row by its sum; a row of zeros becomes uniform."""
    total = scores.sum(dim=1, keepdim=True)
    if bool((total > 0).all()):
        return scores / total
    uniform = torch.full_like(scores, 1 / scores.shape[1])
    return torch.where(total > 0, scores / torch.where(total > 0, total, 1), uniform)


def _refuse_per_class(weights: Weights, pool: str) -> None:
    if weights.per == "class":
        raise ValueError(f"{pool} takes weights per member or sample; got per class")


def _broadcast(probabilities: Tensor, weights: Weights, present: Tensor | None) -> Tensor:
    """Return scaled weights that broadcast against `(members, samples, classes)`."""
    if probabilities.ndim != _AXES:
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
        # Scaled by a single number, because proportions between classes matter too.
        broadcast = (values / values.max())[:, None, :]
    else:
        values = values / values.amax(dim=0)  # so that the sum cannot overflow
        values = values / values.sum(dim=0)
        broadcast = values[:, None, None] if weights.per == "member" else values[:, :, None]
    if present is None:
        return broadcast
    if tuple(present.shape) != (members, samples) or present.dtype != torch.bool:
        raise ValueError(
            f"present must be bool of shape ({members}, {samples}); got {present.dtype} of shape "
            f"{tuple(present.shape)}"
        )
    return broadcast if bool(present.all()) else _without_absent(broadcast, present)


def _without_absent(weights: Tensor, present: Tensor) -> Tensor:
    """Move absent members' weight to the others, `(members, samples, 1 or classes)`."""
    is_present = present[:, :, None].to(weights)
    kept = weights * is_present
    total, kept_total = weights.sum(dim=0), kept.sum(dim=0)
    equal = total * is_present / is_present.sum(dim=0).clamp(min=1)
    # The reciprocal of anything smaller overflows.
    has_weight = kept_total > len(weights) * torch.finfo(weights.dtype).tiny
    return torch.where(has_weight, kept * (total / torch.where(has_weight, kept_total, 1)), equal)
