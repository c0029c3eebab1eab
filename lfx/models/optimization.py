"""What is minimised, the optimizer and its parameter groups, and the learning rate over time."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import nn

from lfx.modalities.encoder import Encoder, Rates
from lfx.runtime.checked import checked
from lfx.runtime.settings import NotNegative, Positive, Probability, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Decay = Literal["linear", "cosine", "constant"]


@dataclass(frozen=True, kw_only=True)
class Optimizer(ABC):
    """The settings of an optimizer, and what builds it; one of your own is a subclass.

    Args:
        learning_rate: Peak learning rate of the encoder; of a joint one, of what joins its parts,
            which have `recipe.learning_rate` each.
        head_learning_rate: Peak learning rate of the head; null: the encoder's.
        weight_decay: Weight decay, on weights only (no biases, no normalisation); a joint encoder's
            parts have `recipe.weight_decay` each.
        clip_norm: Largest norm of the gradient; null: no clipping.
    """

    learning_rate: Positive = 1e-3
    head_learning_rate: Positive | None = None
    weight_decay: NotNegative = 0.01
    clip_norm: Positive | None = 1.0

    @abstractmethod
    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Build the optimizer over parameter groups, each with its own `lr` and `weight_decay`."""


@checked
@dataclass(frozen=True, kw_only=True)
class AdamW(Optimizer):
    """AdamW."""

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Build torch's AdamW, fused where it can be."""
        device = groups[0]["params"][0].device
        return torch.optim.AdamW(groups, fused=device.type in {"cpu", "cuda"})


@checked
@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The learning rate over time.

    Args:
        warmup: Share of all steps in which the learning rate rises to its peak.
        decay: linear or cosine down to 0, or constant.
    """

    warmup: Share = 0.1
    decay: Decay = "linear"


@checked
@dataclass(frozen=True, kw_only=True)
class Objective:
    """The cross-entropy.

    Args:
        label_smoothing: Share of the target that is spread over all classes.
        class_weights: none, or balanced: inverse to the class's share of the train split.
    """

    label_smoothing: Probability = 0.0
    class_weights: Literal["none", "balanced"] = "none"

    def weights(self, counts: Sequence[int]) -> list[float] | None:
        """Return the weight of each class; None: all are equal.

        Args:
            counts: (classes,) training samples of each class, each at least 1.

        Returns:
            (classes,) weights whose mean over the samples is 1.

        Example:
            >>> Objective(class_weights="balanced").weights([1, 3])
            [2.0, 0.6666666666666666]
        """
        if self.class_weights == "none":
            return None
        return [sum(counts) / (len(counts) * count) for count in counts]


def parameter_groups(
    encoder: nn.Module, head: nn.Module, optimizer: Optimizer
) -> list[dict[str, Any]]:
    """Group trainable parameters by learning rate and by whether they decay.

    Weight decay pulls on tensors of two or more dimensions only: a bias or a normalisation's scale
    near zero is no simpler model.

    Args:
        encoder: trained at `learning_rate`, or at the rates that its parts have of their own.
        head: trained at `head_learning_rate`.
        optimizer: the rates.

    Returns:
        Groups for a torch optimizer; empty ones are left out.
    """
    groups = []
    rate, decay = optimizer.learning_rate, optimizer.weight_decay
    parts = [Rates(encoder, rate, decay)]
    if isinstance(encoder, Encoder):
        parts = encoder.rates(rate, decay)
    parts.append(Rates(head, optimizer.head_learning_rate or rate, decay))
    for part in parts:
        trained = [parameter for parameter in part.module.parameters() if parameter.requires_grad]
        for decays in (True, False):
            chosen = [parameter for parameter in trained if (parameter.ndim > 1) is decays]
            decay = part.weight_decay if decays else 0.0
            if chosen:
                groups.append({"params": chosen, "lr": part.learning_rate, "weight_decay": decay})
    return groups


def learning_rate_factor(warmup: float, decay: str, steps: int) -> Callable[[int], float]:
    """Return the factor on the peak learning rate, by step.

    Args:
        warmup: share of all steps in which the factor rises linearly to 1.
        decay: `linear` or `cosine` to 0 at the last step, or `constant`.
        steps: how many there are.

    Returns:
        A function of the step (from 0) with values in 0..1.

    Raises:
        ValueError: the decay is unknown.
    """
    if decay not in get_args(Decay):
        raise ValueError(f"decay: linear, cosine or constant, got {decay!r}")
    rising = math.ceil(warmup * steps)

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        if decay == "constant":
            return 1.0
        done = min(1.0, (step - rising) / max(1, steps - rising))
        return 1 - done if decay == "linear" else 0.5 * (1 + math.cos(math.pi * done))

    return factor
