"""The loss of CLIP (Radford et al. 2021, arXiv:2103.00020), between any number of modalities."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional

from lfx.losses.loss import LossTerm, mean_or_zero

_FEWEST = 2  # samples without which there is nothing to contrast


def clip(first: Tensor, second: Tensor, scale: Tensor | float) -> Tensor:
    """Compute CLIP's loss between two modalities of the same samples.

    Row i of the one and row i of the other attract each other, and all other pairs of rows repel
    each other: the mean of two cross-entropies, of finding the second among all seconds by the
    first, and the first among all firsts by the second.

    Args:
        first: (samples, width), not normalised.
        second: (samples, width), likewise.
        scale: what cosines are multiplied by: 1 / temperature.

    Returns:
        () loss; of one sample 0, for there is no other one.

    Example:
        >>> ours = torch.eye(2)
        >>> [round(clip(ours, theirs, 1.0).item(), 4) for theirs in (ours, ours.flip(0))]
        [0.3133, 1.3133]
    """
    cosines = functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T
    targets = torch.arange(len(cosines), device=cosines.device)
    logits = scale * cosines
    there = functional.cross_entropy(logits, targets)
    return (there + functional.cross_entropy(logits.T, targets)) / 2


def clip_of_pairs(embeddings: Tensor, present: Tensor, scale: Tensor | float) -> LossTerm:
    """Compute CLIP's loss between every two parts, over the samples that have both.

    Args:
        embeddings: (parts, samples, width).
        present: (parts, samples) bool, whether a sample has a part.
        scale: what cosines are multiplied by.

    Returns:
        The mean over the pairs of parts that two samples or more have; 0 where there is none.
        `unpaired` counts the samples that are in no such pair.
    """
    losses, paired = [], torch.zeros_like(present[0])
    for one, other in combinations(range(len(present)), 2):
        both = present[one] & present[other]
        if int(both.sum()) >= _FEWEST:
            losses.append(clip(embeddings[one][both], embeddings[other][both], scale))
            paired = paired | both
    values = torch.stack(losses) if losses else embeddings.new_zeros(0)
    return LossTerm(mean_or_zero(values, embeddings), (~paired).sum())
