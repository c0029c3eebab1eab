"""Weights of fusion members: what a scheme finds and a pool applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

Per = Literal["member", "class", "sample"]
_AXES = {"member": "(members,)", "class": "(members, classes)", "sample": "(members, samples)"}


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights, and what they are given to.

    What they are given to is said, not told from the shape: with as many samples as classes the
    shapes `(members, classes)` and `(members, samples)` are one and the same.

    Attributes:
        per: `member` (one weight for all a member says), `class` (one for each class it scores) or
            `sample` (one for each sample).
        values: `(members,)`, `(members, classes)` or `(members, samples)`; finite, 0 or more, and
            not all 0 over the members of any class or sample. Only their proportions matter.

    Raises:
        ValueError: the values are not such.
    """

    per: Per
    values: Tensor

    def __post_init__(self) -> None:
        """Refuse weights that no pool could apply."""
        if self.per not in get_args(Per):
            raise ValueError(f"per: allowed are {', '.join(get_args(Per))}; got {self.per!r}")
        values = self.values
        if values.ndim != (1 if self.per == "member" else 2) or values.shape[0] == 0:
            raise ValueError(
                f"weights per {self.per} must have shape {_AXES[self.per]}; "
                f"got {tuple(values.shape)}"
            )
        if not values.is_floating_point():
            raise ValueError(f"weights must be floating point numbers; got {values.dtype}")
        if not bool(torch.isfinite(values).all()):
            raise ValueError(f"weights must be finite; got {values.tolist()}")
        if bool((values < 0).any()):
            raise ValueError(f"weights must be 0 or more; got {values.tolist()}")
        empty = (values == 0).all(dim=0)
        if bool(empty.any()):
            where = "" if self.per == "member" else f" for {self.per} {empty.nonzero()[0].item()}"
            raise ValueError(f"weights must not be 0 for all members; they are{where}")
