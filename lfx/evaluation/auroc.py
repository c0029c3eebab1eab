"""The area under the ROC curve, of many resamples at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def weighted_auroc(probabilities: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Compute the macro AUROC of resamples: class against the rest, averaged over classes.

    A sample of the class wins against each sample of another class whose score for it is lower, and
    half against an equal one. Sorting once per class leaves running sums for each resample.

    Args:
        probabilities: `(samples, classes)`.
        labels: class indices, `(samples,)`.
        weights: how often a resample has each sample, `(samples, resamples)`.

    Returns:
        `(resamples,)`, in 0..1. A class without samples in a resample, or with all of them, is left
        out; NaN if no class remains.

    Example:
        >>> probabilities = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        >>> weights = torch.tensor([[1, 1], [1, 0], [1, 1]])
        >>> weighted_auroc(probabilities, torch.tensor([0, 1, 1]), weights).tolist()
        [1.0, 1.0]
    """
    weights = weights.to(torch.float64)
    areas = []
    for index in range(probabilities.shape[1]):
        scores, is_class = probabilities[:, index], labels == index
        others, order = scores[~is_class].sort()
        of_others = weights[~is_class][order]
        # Row k: how often a resample has the k others with the lowest scores.
        below = torch.cat([of_others.new_zeros(1, weights.shape[1]), of_others.cumsum(dim=0)])
        lower = torch.searchsorted(others, scores[is_class])
        not_higher = torch.searchsorted(others, scores[is_class], right=True)
        beaten = below[lower]
        if not torch.equal(lower, not_higher):
            beaten = (beaten + below[not_higher]) / 2
        of_class = weights[is_class]
        wins = (of_class * beaten).sum(dim=0)
        areas.append(wins / (of_class.sum(dim=0) * below[-1]))  # 0 / 0 is NaN
    return torch.stack(areas).nanmean(dim=0)
