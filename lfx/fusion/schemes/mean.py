"""The unweighted mean of the members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lfx.fusion.weights import Weights

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData


@dataclass(frozen=True)
class Mean:
    """Weigh all members the same: the baseline of all other schemes."""

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Weights:
        """Return the weight 1 / members for each member; it needs no samples."""
        members = len(fit.members)
        return Weights("member", fit.probabilities.new_full((members,), 1 / members))
