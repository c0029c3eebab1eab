"""Gated multimodal units (Arevalo et al. 2017, arXiv:1702.01992)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from lfx.modalities.joint.fusion import FusionModule, JointFusion
from lfx.runtime.checked import checked
from lfx.runtime.settings import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.modalities.joint.parts import EncodedPart, Widths

Gates = Literal["softmax", "sigmoid"]


def gated_sum(hidden: Tensor, scores: Tensor, present: Tensor, gates: str = "softmax") -> Tensor:
    """Sum the parts' vectors, each weighted number by number by its gate.

    Args:
        hidden: (parts, samples, width).
        scores: (parts, samples, width) from which the gates come.
        present: (parts, samples) bool; the gate of a part that is not there is 0.
        gates: `softmax`: the gates of a sample sum to 1; of two parts they are the bimodal unit's,
            whose second gate is 1 less the first. `sigmoid`: each by itself, as in the paper's unit
            for more than two.

    Returns:
        (samples, width); 0 where a sample has no part.

    Raises:
        ValueError: the gates are neither.

    Example:
        >>> hidden = torch.tensor([[[1.0, 1.0]], [[3.0, 3.0]]])
        >>> gated_sum(hidden, torch.zeros(2, 1, 2), torch.tensor([[True], [True]]))
        tensor([[2., 2.]])
        >>> gated_sum(hidden, torch.zeros(2, 1, 2), torch.tensor([[True], [False]]))
        tensor([[1., 1.]])
    """
    there = present.unsqueeze(-1)
    if gates == "softmax":
        # Not -inf: a sample without any part would have gates that are no numbers.
        lowest = torch.finfo(scores.dtype).min
        weights = scores.masked_fill(~there, lowest).softmax(dim=0)
    elif gates == "sigmoid":
        weights = scores.sigmoid()
    else:
        raise ValueError(f"gates: softmax or sigmoid, got {gates!r}")
    return torch.where(there, weights * hidden, 0.0).sum(dim=0)


class GatedModule(FusionModule):
    """A hidden vector of each part, weighted by gates that see all parts.

    Args:
        parts: name → widths.
        width: of the hidden vectors.
        gates: how gates come from scores; see `gated_sum`.
    """

    def __init__(self, parts: Mapping[str, Widths], width: int, gates: Gates) -> None:
        super().__init__()
        self.features, self.gates = width, gates
        everything = sum(widths.features for widths in parts.values())
        self.hidden = nn.ModuleDict(
            {name: nn.Linear(widths.features, width) for name, widths in parts.items()}
        )
        self.scores = nn.ModuleDict({name: nn.Linear(everything, width) for name in parts})

    def forward(self, parts: Mapping[str, EncodedPart]) -> Tensor:
        """Return (samples, width)."""
        names = sorted(parts)
        seen = torch.cat([parts[name].features_or(0.0) for name in names], dim=1)
        hidden = torch.stack([self.hidden[name](parts[name].features).tanh() for name in names])
        scores = torch.stack([self.scores[name](seen) for name in names])
        present = torch.stack([parts[name].present for name in names])
        return gated_sum(hidden.float(), scores.float(), present, self.gates)


@checked
@dataclass(frozen=True, kw_only=True)
class Gated(JointFusion):
    """Gated multimodal units (Arevalo et al. 2017): a missing part's gate is 0.

    Args:
        width: Width of the parts' hidden vectors, and of what the head sees.
        gates: softmax: the parts' gates sum to 1 (the unit for two, for any number). sigmoid: each
            gate by itself (the unit for more than two).
    """

    width: Count = 128
    gates: Gates = "softmax"

    def build(self, parts: Mapping[str, Widths]) -> GatedModule:
        """Build the module."""
        return GatedModule(parts, self.width, self.gates)
