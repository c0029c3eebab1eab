"""Votes: each member votes for its most probable class."""

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
    """Choose the class with the most votes; the members' mean probability decides a tie.

    Two members that disagree are always tied. (With three classes or more, majority voting is
    actually plurality voting.)
    """

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Pooled:
        """Return the rule with one vote per member; it needs no samples."""
        return Pooled(share_weights({}, fit), vote_pool)


@checked
@dataclass(frozen=True)
class WeightedVote:
    """Choose the class whose voters have the most weight.

    With two members of unequal weight the member with the larger weight always decides.

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
        return Pooled(share_weights(self.weights, fit), vote_pool)
