"""What stands on an encoder and gives the classes' logits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import nn

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
