"""Weights of fusion members: schemes find them, pools apply them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from lfx.runtime.errors import FusionError

Per = Literal["member", "class", "sample"]
_AXES = {"member": "(members,)", "class": "(members, classes)", "sample": "(members, samples)"}


class InvalidWeightsError(FusionError, ValueError):
    """Weights that no pool can apply."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights per member, per member and class, or per member and sample.

    `per` is explicit because the shape can be ambiguous: `(members, classes)` and
    `(members, samples)` are equal if there are as many samples as classes.

    Attributes:
        per: `member` (one weight per member), `class` (one per member and class) or `sample` (one
            per member and sample).
        values: `(members,)`, `(members, classes)` or `(members, samples)`; finite, 0 or more, and
            for each class or sample not 0 for all members. Only their proportions matter.

    Raises:
        InvalidWeightsError: the values do not meet these conditions.
    """

    per: Per
    values: Tensor

    def __post_init__(self) -> None:
        """Check that a pool can apply the weights."""
        if self.per not in get_args(Per):
            raise InvalidWeightsError(
                f"per: allowed are {', '.join(get_args(Per))}; got {self.per!r}"
            )
        values = self.values
        if not isinstance(values, Tensor):
            raise InvalidWeightsError(
                f"weights must be a torch.Tensor, got a {type(values).__name__}"
            )
        if values.ndim != (1 if self.per == "member" else 2) or values.shape[0] == 0:
            raise InvalidWeightsError(
                f"weights per {self.per} must have shape {_AXES[self.per]}; "
                f"got {tuple(values.shape)}"
            )
        if not values.is_floating_point():
            raise InvalidWeightsError(f"weights must be floating point numbers; got {values.dtype}")
        if not bool(torch.isfinite(values).all()):
            raise InvalidWeightsError(f"weights must be finite; got {values.tolist()}")
        if bool((values < 0).any()):
            raise InvalidWeightsError(f"weights must be 0 or more; got {values.tolist()}")
        empty = (values == 0).all(dim=0)
        if bool(empty.any()):
            where = "" if self.per == "member" else f" of {self.per} {empty.nonzero()[0].item()}"
            raise InvalidWeightsError(
                f"the weights{where} are 0 for all members; some must be above 0"
            )
