"""Pools: how weights combine the members' probabilities. Pure functions that need no labels.

A member that lacks a sample counts for nothing there: the weights of the others are scaled to the
sum that all had (for weights per class: in each class). Where all the weight lies on members that
lack a sample, the others share it equally.
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
# Sums of the same weights in another order differ by less.
_TIE = 1e-9
# What the tie's winner gets: less than other votes differ by, more than float32 rounds off.
_BONUS = 1e-3
# Numbers of a product; it stays in the cache, too.
_AT_A_TIME = 2**20


def linear_pool(probabilities: Tensor, weights: Weights, present: Tensor | None = None) -> Tensor:
    """Average the members' probabilities, weighted.

    The score of class c for sample s is the sum over members m of w · p[m, s, c], and each sample's
    scores are then divided by their sum. With weights per class that division is what turns them
    into probabilities; otherwise it only makes the scale of the weights irrelevant. A sample to
    which weights per class leave no score at all gets 1 / classes everywhere.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member, class or sample.
        present: which member has which sample, `(members, samples)`, bool; None: all have all.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not fit.
    """
    if weights.per == "sample" or probabilities.numel() <= 2 * _AT_A_TIME:
        scores = (_spread(probabilities, weights, present) * probabilities).sum(dim=0)
        return _normalised(scores)
    # Part by part: products as large as all probabilities would double the memory.
    members, samples, classes = probabilities.shape
    pooled = probabilities.new_empty((samples, classes))
    width = max(1, _AT_A_TIME // (members * classes))
    for low in range(0, samples, width):
        part = slice(low, low + width)
        there = None if present is None else present[:, part]
        pooled[part] = linear_pool(probabilities[:, part], weights, there)
    return pooled


def logarithmic_pool(
    probabilities: Tensor, weights: Weights, present: Tensor | None = None
) -> Tensor:
    """Average the logarithms of the members' probabilities: a weighted geometric mean.

    The score of class c is proportional to the product over members of p[m, s, c] ** w, with the
    weights of each sample normalised to sum to 1 (Genest and Zidek, Combining Probability
    Distributions, Statistical Science 1986). One confident "no" of a member with weight rules a
    class out. Probabilities are clipped at the smallest normal number of their type.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member or sample. A weight per class would not be an exponent of a
            distribution any more.
        present: which member has which sample, `(members, samples)`, bool; None: all have all.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not fit, or weights per class.
    """
    _refuse_per_class(weights, "a logarithmic pool")
    spread = _spread(probabilities, weights, present)
    floor = torch.finfo(probabilities.dtype).tiny
    return torch.softmax((spread * probabilities.clamp(min=floor).log()).sum(dim=0), dim=1)


def vote_pool(probabilities: Tensor, weights: Weights, present: Tensor | None = None) -> Tensor:
    """Let each member vote for the class that it thinks most likely (plurality, weighted).

    The score of class c is the share of the weight whose members vote for it. Among classes that
    share the most votes the members' mean probability decides: that class gets 0.001 of a vote
    more. Scores are shares of votes, not probabilities: log-loss and calibration error of
    them mean little.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member or sample.
        present: which member has which sample, `(members, samples)`, bool; None: all have all.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not fit, or weights per class.
    """
    _refuse_per_class(weights, "a vote")
    spread = _spread(probabilities, weights, present)
    ballots = one_hot(probabilities.argmax(dim=2), probabilities.shape[2]).to(probabilities)
    votes = (spread * ballots).sum(dim=0)
    tied = votes >= votes.amax(dim=1, keepdim=True) - _TIE
    mean = torch.where(tied, (spread * probabilities).sum(dim=0), -1)
    wins = mean >= mean.amax(dim=1, keepdim=True) - _TIE
    bonus = wins.to(votes) / wins.sum(dim=1, keepdim=True)
    contested = tied.sum(dim=1, keepdim=True) > 1
    return _normalised(torch.where(contested, votes + _BONUS * bonus, votes))


def maximum_pool(probabilities: Tensor, weights: Weights, present: Tensor | None = None) -> Tensor:
    """Take, for each class, the largest probability that a member gives it.

    The max rule (Kittler, Hatef, Duin and Matas, On Combining Classifiers, TPAMI 1998), divided by
    the row's sum. Of the weights only counts which are 0: those members are left out.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        weights: per member or sample.
        present: which member has which sample, `(members, samples)`, bool; None: all have all.

    Returns:
        Scores, `(samples, classes)`, in 0..1; each row sums to 1.

    Raises:
        ValueError: shapes do not fit, or weights per class.
    """
    _refuse_per_class(weights, "a maximum")
    counts = _spread(probabilities, weights, present) > 0
    return _normalised(torch.where(counts, probabilities, 0).amax(dim=0))


def _normalised(scores: Tensor) -> Tensor:
    total = scores.sum(dim=1, keepdim=True)
    if bool((total > 0).all()):
        return scores / total
    even = torch.full_like(scores, 1 / scores.shape[1])
    return torch.where(total > 0, scores / torch.where(total > 0, total, 1), even)


def _refuse_per_class(weights: Weights, what: str) -> None:
    if weights.per == "class":
        raise ValueError(f"{what} takes weights per member or sample; got per class")


def _spread(probabilities: Tensor, weights: Weights, present: Tensor | None) -> Tensor:
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
        spread = (values / values.max())[:, None, :]
    else:
        values = values / values.amax(dim=0)  # first, lest the sum overflow
        values = values / values.sum(dim=0)
        spread = values[:, None, None] if weights.per == "member" else values[:, :, None]
    if present is None:
        return spread
    if tuple(present.shape) != (members, samples) or present.dtype != torch.bool:
        raise ValueError(
            f"present must be bool of shape ({members}, {samples}); got {present.dtype} of shape "
            f"{tuple(present.shape)}"
        )
    return spread if bool(present.all()) else _without_absent(spread, present)


def _without_absent(spread: Tensor, present: Tensor) -> Tensor:
    """Give the absent members' weight to the others, `(members, samples, 1 or classes)`."""
    there = present[:, :, None].to(spread)
    kept = spread * there
    wanted, left = spread.sum(dim=0), kept.sum(dim=0)
    shared = wanted * there / there.sum(dim=0).clamp(min=1)
    # Of less than this the reciprocal overflows.
    some = left > len(spread) * torch.finfo(spread.dtype).tiny
    return torch.where(some, kept * (wanted / torch.where(some, left, 1)), shared)
