"""The plain average of the members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lfx.fusion.weights import Weights

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData


@dataclass(frozen=True)
class Mean:
    """Give all members the same weight: the baseline that every other scheme has to beat."""

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Weights:
        """Give each member 1 / members; looks at no sample."""
        members = len(fit.members)
        return Weights("member", fit.probabilities.new_full((members,), 1 / members))
