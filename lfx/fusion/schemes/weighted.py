"""Weights that the user sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from lfx.fusion.weights import Weights
from lfx.runtime.checked import checked
from lfx.runtime.errors import FusionError
from lfx.runtime.settings import Share

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData

_TOLERANCE = 1e-6


def complete_shares(shares: Mapping[str, float], members: Sequence[str]) -> list[float]:
    """Return the share of every member; members that are not named share the remainder equally.

    Args:
        shares: member → share in 0..1.
        members: names of all members.

    Returns:
        A share per member, in their order; they sum to 1 within 1e-6.

    Raises:
        FusionError: unknown members, all of them in one message; or shares that sum to more than 1,
            or, with all members named, to anything but 1.
    """
    listed = ", ".join(members)
    problems = [
        f"fusion.weights.{name}: no such member; there are: {listed}"
        for name in sorted(set(shares) - set(members))
    ]
    if problems:
        raise FusionError("\n".join(problems))
    total = math.fsum(shares.values())
    unnamed = [name for name in members if name not in shares]
    if total > 1 + _TOLERANCE:
        raise FusionError(f"fusion.weights: the shares sum to {total:g}; allowed is at most 1")
    if not unnamed and total < 1 - _TOLERANCE:
        raise FusionError(
            f"fusion.weights: the shares of all members sum to {total:g}; allowed is 1 "
            "(leave a member out to give it the remainder)"
        )
    remainder = max(0.0, 1 - total)
    return [shares[name] if name in shares else remainder / len(unnamed) for name in members]


def share_weights(shares: Mapping[str, float], fit: FitData) -> Weights:
    """Return the shares of `complete_shares` as weights per member.

    Raises:
        FusionError: as in `complete_shares`.
    """
    logits = fit.outputs.logits
    return Weights("member", logits.new_tensor(complete_shares(shares, fit.members)))


@checked
@dataclass(frozen=True)
class Weighted:
    """Weigh members by shares that the user sets.

    Attributes:
        weights: member → share in 0..1; members that are not named share the remainder equally.
    """

    weights: Mapping[str, Share] = field(default_factory=dict)
    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Weights:
        """Return the complete shares; it needs no samples.

        Raises:
            FusionError: as in `complete_shares`.
        """
        return share_weights(self.weights, fit)
