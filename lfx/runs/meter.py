"""Measures what training costs while it runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from lfx.runs.cost import Cost
from lfx.runtime.memory import forget_peak, peak_memory

if TYPE_CHECKING:
    from torch import nn


@dataclass
class Meter:
    """Measures what training costs, from when it is made.

    Args:
        before: seconds that processes before this one have worked on the model.
    """

    before: float = 0.0
    _start: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        """Begin to count memory."""
        forget_peak()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def seconds(self) -> float:
        """Return how long the model has been worked on, in all processes."""
        return self.before + time.perf_counter() - self._start

    def read(self, model: nn.Module) -> Cost:
        """Return what training a model has cost until now."""
        on_gpu = torch.cuda.is_available()
        weights = list(model.parameters())
        return Cost(
            seconds=round(self.seconds(), 3),
            memory=peak_memory(),
            device_memory=torch.cuda.max_memory_allocated() if on_gpu else None,
            parameters=sum(one.numel() for one in weights),
            trained=sum(one.numel() for one in weights if one.requires_grad),
        )
