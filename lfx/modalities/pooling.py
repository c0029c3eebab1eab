"""From a sequence of vectors to one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def masked_mean(tokens: Tensor, mask: Tensor) -> Tensor:
    """Average the tokens' vectors over the tokens that are no padding.

    Args:
        tokens: (batch, tokens, features).
        mask: (batch, tokens), 1 at tokens and 0 at padding; at least one token a text.

    Returns:
        (batch, features).
    """
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(dim=1) / weights.sum(dim=1)


def length_mask(lengths: Tensor, longest: int) -> Tensor:
    """Return where sequences have content.

    Args:
        lengths: (batch,) of each sequence.
        longest: length that all are padded to.

    Returns:
        (batch, longest) bool.

    Example:
        >>> length_mask(torch.tensor([1, 3]), 3).int().tolist()
        [[1, 0, 0], [1, 1, 1]]
    """
    return torch.arange(longest, device=lengths.device) < lengths[:, None]
