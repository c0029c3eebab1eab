"""Votes: each member names one class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from lfx.fusion.pools import vote_pool
from lfx.fusion.rules import Pooled
from lfx.fusion.schemes.weighted import share_weights
from lfx.runtime.checked import checked
from lfx.runtime.settings import Share

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData


@dataclass(frozen=True)
class MajorityVote:
    """Let the class with the most votes win; the members' mean probability decides a tie.

    With two members that disagree every vote is such a tie. (What is called majority voting is a
    plurality vote as soon as there are three classes.)
    """

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Pooled:
        """Give each member one vote; looks at no sample."""
        return Pooled(share_weights({}, fit), vote_pool)


@checked
@dataclass(frozen=True)
class WeightedVote:
    """Let the class win whose voters have the most weight.

    With two members of unequal weight that is what the heavier one says.

    Attributes:
        weights: member → share in 0..1; members that are not named share the remainder equally.
    """

    weights: Mapping[str, Share] = field(default_factory=dict)
    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Pooled:
        """Complete the shares; looks at no sample.

        Raises:
            FusionError: as `complete_shares`.
        """
        return Pooled(share_weights(self.weights, fit), vote_pool)
