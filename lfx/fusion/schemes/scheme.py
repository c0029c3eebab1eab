"""What every scheme is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData
    from lfx.fusion.rules import Rule
    from lfx.fusion.weights import Weights


@runtime_checkable
class Scheme(Protocol):
    """Finds how members are to be combined."""

    @property
    def needs_fit(self) -> bool:
        """Whether the result depends on labelled samples."""

    def fit(self, fit: FitData) -> Weights | Rule:
        """Find weights for `fit.members`, in that order, which the linear pool applies; or a rule.

        Without `needs_fit`, `fit` holds no samples.
        """
