"""A weighted sum of two losses: the paper's future work (section VI)."""

from __future__ import annotations

import math
from typing import Literal

import torch

from lfx.losses.loss import Loss, LossTerm, Views
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Share


@checked
class Combined(Loss):
    """`weight * first + (1 - weight) * second`.

    Args:
        first: the first loss.
        second: the second loss.
        weight: weight of the first loss, 0..1; with `weight_end`, at the beginning of phase 1.
        weight_end: weight of the first loss at the end of phase 1, 0..1; None: it is constant.
        schedule: how the weight changes: `linear` or `cosine`.

    Raises:
        ConfigError: one of the two losses is itself a combined loss.
    """

    def __init__(
        self,
        *,
        first: Loss,
        second: Loss,
        weight: Share = 0.5,
        weight_end: Share | None = None,
        schedule: Literal["linear", "cosine"] = "linear",
    ) -> None:
        nested = [
            f"loss.{name} is itself combined; two losses are combined, not more"
            for name, loss in (("first", first), ("second", second))
            if isinstance(loss, Combined)
        ]
        if nested:
            raise ConfigError("\n".join(nested))
        self.first, self.second = first, second
        self.weight, self.weight_end, self.schedule = weight, weight_end, schedule
        self.uses_labels = first.uses_labels or second.uses_labels
        self.uses_logits = first.uses_logits or second.uses_logits
        self.views = max(first.views, second.views)

    def weight_at(self, progress: float) -> float:
        """Return the first loss's weight when a share of phase 1 (0..1) is completed."""
        if self.weight_end is None:
            return self.weight
        share = progress if self.schedule == "linear" else 0.5 * (1 - math.cos(math.pi * progress))
        return self.weight + share * (self.weight_end - self.weight)

    def __call__(self, batch: Views, progress: float = 0.0) -> LossTerm:
        """Compute the weighted sum; `unpaired` is the larger number of the two losses.

        A loss that uses no labels does not see them, even if the other one does.
        """
        first, second = (
            loss(batch if loss.uses_labels else batch.without_labels(), progress)
            for loss in (self.first, self.second)
        )
        weight = self.weight_at(progress)
        value = weight * first.value + (1 - weight) * second.value
        return LossTerm(value, torch.maximum(first.unpaired, second.unpaired))
