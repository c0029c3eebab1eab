"""A fusion scheme of one's own, with an option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Gt

from lfx import Weights

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData


@dataclass(frozen=True)
class PowerOfAccuracy:
    """Weigh members by a power of their accuracy on the fit split.

    Attributes:
        power: of the accuracy; the larger, the more the best member counts.
    """

    power: Annotated[float, Gt(0)] = 1.0
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Find weights per member."""
        right = fit.probabilities.argmax(dim=2).eq(fit.labels)
        shares = right.to(fit.probabilities.dtype).mean(dim=1) ** self.power
        return Weights("member", shares / shares.sum())
