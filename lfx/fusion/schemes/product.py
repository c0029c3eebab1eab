"""The weighted geometric mean of the members' probabilities: a log-linear pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from lfx.fusion.pools import logarithmic_pool
from lfx.fusion.rules import Pooled
from lfx.fusion.schemes.weighted import share_weights
from lfx.runtime.checked import checked
from lfx.runtime.settings import Share

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData


@checked
@dataclass(frozen=True)
class Product:
    """Score class c in proportion to Π_m p_m(c) ** w_m.

    With equal weights this ranks classes as the product rule does (Kittler et al., On Combining
    Classifiers, TPAMI 1998). The exponents sum to 1, so equal members do not become more confident
    together (Genest and Zidek, Statistical Science 1986).

    Attributes:
        weights: member → share in 0..1; members that are not named share the remainder equally.
    """

    weights: Mapping[str, Share] = field(default_factory=dict)
    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Pooled:
        """Return the rule with complete shares; it needs no samples.

        Raises:
            FusionError: as in `complete_shares`.
        """
        return Pooled(share_weights(self.weights, fit), logarithmic_pool)
