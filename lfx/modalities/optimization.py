"""AdamW's parameter groups and the learning rate over time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn


DECAYS = ("linear", "cosine", "constant")


@dataclass(frozen=True)
class Optimization:
    """How a classifier is optimised.

    Attributes:
        learning_rate: peak learning rate of the encoder.
        head_learning_rate: peak learning rate of the head.
        weight_decay: of matrices and kernels; biases and normalisation have none.
        warmup: share of all steps in which the learning rate rises to its peak, 0..1.
        decay: `linear` or `cosine` to 0, or `constant`.
    """

    learning_rate: float
    head_learning_rate: float
    weight_decay: float
    warmup: float
    decay: str


def parameter_groups(
    encoder: nn.Module, head: nn.Module, optimization: Optimization
) -> list[dict[str, Any]]:
    """Group trainable parameters by learning rate and by whether they decay.

    Weight decay pulls on tensors of two or more dimensions only: a bias or a normalisation's scale
    near zero is no simpler model.

    Args:
        encoder: trained at `learning_rate`.
        head: trained at `head_learning_rate`.
        optimization: the rates.

    Returns:
        Groups for a torch optimizer; empty ones are left out.
    """
    groups = []
    parts = ((encoder, optimization.learning_rate), (head, optimization.head_learning_rate))
    for module, rate in parts:
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        for decays in (True, False):
            chosen = [parameter for parameter in trained if (parameter.ndim > 1) is decays]
            decay = optimization.weight_decay if decays else 0.0
            if chosen:
                groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    return groups


def learning_rate_factor(warmup: float, decay: str, steps: int) -> Callable[[int], float]:
    """Give the factor on the peak learning rate, by step.

    Args:
        warmup: share of all steps in which the factor rises linearly to 1.
        decay: `linear` or `cosine` to 0 at the last step, or `constant`.
        steps: how many there are.

    Returns:
        A function of the step (from 0) with values in 0..1.

    Raises:
        ValueError: the decay is unknown.
    """
    if decay not in DECAYS:
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
