"""Low-rank tensor fusion (Liu et al. 2018, arXiv:1806.00064)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lfx.modalities.joint.fusion import FusionModule, JointFusion
from lfx.runtime.checked import checked
from lfx.runtime.settings import Count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lfx.modalities.joint.parts import EncodedPart, Widths


def low_rank_product(vectors: Sequence[Tensor], factors: Sequence[Tensor]) -> Tensor:
    """Multiply the outer product of vectors, a 1 put after each, by a tensor of low rank.

    The outer product of all vectors holds every product of one number of each part, and, by the 1,
    the numbers and the products of fewer parts. It is never formed: a tensor of rank R is a sum of
    R outer products, and so the result is `sum over r of product over m of (v_m, 1) F_m[r]`.

    Args:
        vectors: (samples, width of part m), one for each part.
        factors: (rank, width of part m + 1, features), one for each part.

    Returns:
        (samples, features).

    Example:
        >>> ones = torch.ones(1, 3, 2)
        >>> low_rank_product([torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 0.0]])], [ones, ones])
        tensor([[4., 4.]])
    """
    product: Tensor | None = None
    for vector, factor in zip(vectors, factors, strict=True):
        projected = torch.einsum("sw,rwf->rsf", vector, factor[:, :-1]) + factor[:, -1:]
        product = projected if product is None else product * projected
    if product is None:
        raise ValueError("at least one vector is needed, got none")
    return product.sum(dim=0)


class LowRankTensorModule(FusionModule):
    """The products of all parts' features, by a learned tensor of low rank.

    Args:
        parts: name → widths.
        width: of the result.
        rank: of the tensor.
    """

    def __init__(self, parts: Mapping[str, Widths], width: int, rank: int) -> None:
        super().__init__()
        self.features = width
        self.factors = nn.ParameterDict(
            {name: torch.empty(rank, widths.features + 1, width) for name, widths in parts.items()}
        )
        self.bias = nn.Parameter(torch.zeros(width))
        for factor in self.factors.values():
            # A matrix (width + 1, features) each: xavier_normal_ would count the rank in.
            for matrix in factor.data:
                nn.init.xavier_normal_(matrix)

    def forward(self, parts: Mapping[str, EncodedPart]) -> Tensor:
        """Return (samples, width); of a missing part nothing but the learned constant is left."""
        names = sorted(parts)
        # Products of products have too few digits in bf16.
        with torch.autocast(self.bias.device.type, enabled=False):
            vectors = [parts[name].features_or(0.0).float() for name in names]
            return low_rank_product(vectors, [self.factors[name] for name in names]) + self.bias


@checked
@dataclass(frozen=True, kw_only=True)
class LowRankTensor(JointFusion):
    """Low-rank tensor fusion (Liu et al. 2018): products of all parts' features.

    Args:
        width: Width of what the head sees.
        rank: Rank of the learned tensor.
    """

    width: Count = 64
    rank: Count = 4

    def build(self, parts: Mapping[str, Widths]) -> LowRankTensorModule:
        """Build the module."""
        return LowRankTensorModule(parts, self.width, self.rank)
