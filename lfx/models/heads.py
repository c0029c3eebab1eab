"""What stands on an encoder and gives the classes' logits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from lfx.runtime.checked import checked
from lfx.runtime.settings import Count, NotNegative, Probability


@dataclass(frozen=True, kw_only=True)
class Head(ABC):
    """The settings of a head, and what builds it; one of your own is a subclass, a dataclass too.

    Args:
        dropout: Dropout between encoder and head.
        l2: What the squares of the head's first layer of weights, summed, are multiplied by in the
            loss.
    """

    dropout: Probability = 0.1
    l2: NotNegative = 0.0

    @abstractmethod
    def build(self, features: int, classes: int) -> nn.Module:
        """Build the module from features (batch, features) to logits (batch, classes)."""


@runtime_checkable
class SeveralHeads(Protocol):
    """A module of several heads: their losses are trained, and its own logits are of all of them.

    Attributes:
        heads: name → head.
    """

    heads: nn.ModuleDict

    def part_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what each head says.

        Args:
            features: (batch, features).

        Returns:
            (heads, batch, classes) logits, and (heads, batch) bool, false where a sample has
            nothing that the head could read.
        """


@checked
@dataclass(frozen=True, kw_only=True)
class LinearHead(Head):
    """A linear classifier (the paper)."""

    def build(self, features: int, classes: int) -> nn.Module:
        """Build one linear layer."""
        return nn.Linear(features, classes)


@checked
@dataclass(frozen=True, kw_only=True)
class MlpHead(Head):
    """A classifier with a hidden layer and ReLU (the published code).

    Args:
        hidden: Width of the hidden layer.
    """

    hidden: Count = 256

    def build(self, features: int, classes: int) -> nn.Module:
        """Build two linear layers with a ReLU between them."""
        return nn.Sequential(
            nn.Linear(features, self.hidden), nn.ReLU(), nn.Linear(self.hidden, classes)
        )


class FeatureDropout(nn.Dropout):
    """Dropout between encoder and head, which leaves flags as they are.

    Args:
        p: probability with which a feature becomes 0.
        flags: how many of the last features are flags.
    """

    def __init__(self, p: float, flags: int = 0) -> None:
        super().__init__(p)
        self.flags = flags

    def forward(self, features: Tensor) -> Tensor:
        """Return (batch, features)."""
        if not self.flags:
            return super().forward(features)
        kept = features[:, -self.flags :]
        return torch.cat([super().forward(features[:, : -self.flags]), kept], dim=1)
