"""Two losses at once: the paper's future work (section VI)."""

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
        first: a loss.
        second: another one.
        weight: of the first loss, 0..1; where it is scheduled, at the beginning.
        weight_end: its weight at the end of phase 1, 0..1; None: it stays.
        schedule: how it gets there: `linear` or `cosine`.

    Raises:
        ConfigError: one of the losses is itself combined.
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
            for name, part in (("first", first), ("second", second))
            if isinstance(part, Combined)
        ]
        if nested:
            raise ConfigError("\n".join(nested))
        self.first, self.second = first, second
        self.weight, self.weight_end, self.schedule = weight, weight_end, schedule
        self.uses_labels = first.uses_labels or second.uses_labels
        self.uses_logits = first.uses_logits or second.uses_logits
        self.views = max(first.views, second.views)

    def weight_at(self, progress: float) -> float:
        """Give the first loss's weight, by the share of phase 1 that is over (0..1)."""
        if self.weight_end is None:
            return self.weight
        done = progress if self.schedule == "linear" else 0.5 * (1 - math.cos(math.pi * progress))
        return self.weight + done * (self.weight_end - self.weight)

    def __call__(self, seen: Views, progress: float = 0.0) -> LossTerm:
        """Give the weighted sum, and how many rows are idle in the loss that has more of them.

        A loss that uses no labels is shown none, whatever the other one sees.
        """
        terms = [
            loss(seen if loss.uses_labels else seen.without_labels(), progress)
            for loss in (self.first, self.second)
        ]
        weight = self.weight_at(progress)
        value = weight * terms[0].value + (1 - weight) * terms[1].value
        return LossTerm(value, torch.maximum(terms[0].idle, terms[1].idle))
