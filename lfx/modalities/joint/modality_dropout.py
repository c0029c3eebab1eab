"""Modality dropout: training samples lose parts by chance, so that a model learns to do without.

After Neverova et al. 2016 (ModDrop, arXiv:1501.00102).
"""

from __future__ import annotations

import torch
from torch import Tensor


def drop_parts(present: Tensor, probability: float) -> Tensor:
    """Drop parts of samples by torch's generator, but never all of a sample's.

    Where chance would drop every part that a sample has, one of them stays, each as likely as any
    other. Where there is one part, or the probability is 0, no random number is drawn.

    Args:
        present: (samples, parts) bool, which parts each sample has.
        probability: with which each of them is dropped.

    Returns:
        (samples, parts) bool: which parts each sample keeps.

    Example:
        >>> drop_parts(torch.tensor([[True, False], [True, True]]), 0.999).sum(dim=1)
        tensor([1, 1])
    """
    if probability == 0 or present.shape[1] == 1:
        return present
    chance = torch.rand(present.shape, device=present.device)
    kept = present & (chance >= probability)
    luckiest = chance.masked_fill(~present, -1.0).argmax(dim=1, keepdim=True)
    rescued = torch.zeros_like(present).scatter(1, luckiest, ~kept.any(dim=1, keepdim=True))
    return kept | (rescued & present)
