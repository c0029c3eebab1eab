"""The max rule: the largest probability of each class over the members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lfx.fusion.pools import maximum_pool
from lfx.fusion.rules import Pooled
from lfx.fusion.schemes.weighted import share_weights

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData


@dataclass(frozen=True)
class Max:
    """Score class c in proportion to max_m p_m(c) (Kittler et al., TPAMI 1998)."""

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Pooled:
        """Return the rule with all members; it needs no samples."""
        return Pooled(share_weights({}, fit), maximum_pool)
