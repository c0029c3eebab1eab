"""The interface of the schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData
    from lfx.fusion.rules import Rule
    from lfx.fusion.weights import Weights


@runtime_checkable
class Scheme(Protocol):
    """Finds the weights of members, or another rule to combine them."""

    @property
    def needs_fit(self) -> bool:
        """Whether the scheme needs labelled samples."""

    def fit(self, fit: FitData) -> Weights | Rule:
        """Return weights in the order of `fit.members`, for the linear pool, or a rule.

        Without `needs_fit`, `fit` has no samples.
        """
