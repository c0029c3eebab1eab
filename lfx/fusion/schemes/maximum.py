"""The max rule: whoever is most certain of a class speaks for it."""

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
    """Give class c a score in proportion to max_m p_m(c) (Kittler et al., TPAMI 1998)."""

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Pooled:
        """Let all members count; looks at no sample."""
        return Pooled(share_weights({}, fit), maximum_pool)
