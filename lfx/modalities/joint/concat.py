"""Concatenation of the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lfx.modalities.joint.fusion import FusionModule, JointFusion
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.modalities.joint.parts import EncodedPart, Widths


class ConcatModule(FusionModule):
    """One part's features after the other's; in place of a missing part stands a learned vector.

    With one part it has no weights and gives that part's features as they are.

    Args:
        parts: name → widths.
    """

    def __init__(self, parts: Mapping[str, Widths]) -> None:
        super().__init__()
        self.features = sum(widths.features for widths in parts.values())
        several = parts if len(parts) > 1 else {}
        self.missing = nn.ParameterDict(
            {name: torch.zeros(widths.features) for name, widths in several.items()}
        )

    def forward(self, parts: Mapping[str, EncodedPart]) -> Tensor:
        """Return (samples, the sum of the parts' widths)."""
        if not self.missing:
            (only,) = parts.values()
            return only.features
        vectors = [part.features_or(self.missing[name]) for name, part in sorted(parts.items())]
        return torch.cat(vectors, dim=1)


@checked
@dataclass(frozen=True, kw_only=True)
class Concat(JointFusion):
    """The features of all parts side by side; a learned vector in place of a missing part's."""

    def build(self, parts: Mapping[str, Widths]) -> ConcatModule:
        """Build the module."""
        return ConcatModule(parts)
