"""Temperature scaling: one number that makes a member more or less confident."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from lfx.fusion.calibration.calibrator import Affine

if TYPE_CHECKING:
    from torch import Tensor

LIMIT = 20.0
_STEPS = 60
_CONVERGED = 1e-10


def best_inverse_temperature(logits: Tensor, labels: Tensor) -> float:
    """Find the β in 1/20..20 with the least log-loss of softmax(β · logits).

    The log-loss is convex in β: its slope, Σ_s (E_p[z] - z_label), increases with β. Newton's
    method finds the root of the slope, within a bracket that each step narrows.

    Args:
        logits: `(samples, classes)`, float64.
        labels: class indices, `(samples,)`.
    """
    label_mean = logits.gather(1, labels[:, None]).mean()
    low, high, beta = 1 / LIMIT, LIMIT, 1.0
    for _ in range(_STEPS):
        probabilities = torch.softmax(beta * logits, dim=1)
        mean = (probabilities * logits).sum(dim=1)
        slope = (mean.mean() - label_mean).item()
        variance = ((probabilities * logits.square()).sum(dim=1) - mean.square()).mean().item()
        low, high = (low, beta) if slope > 0 else (beta, high)
        newton = beta - slope / variance if variance > 0 else math.copysign(math.inf, -slope)
        # Outside of the bracket, take its geometric mean instead.
        new_beta = newton if low < newton < high else math.sqrt(low * high)
        if abs(new_beta - beta) <= _CONVERGED * beta:
            break
        beta = new_beta
    return beta


@dataclass(frozen=True)
class Temperature:
    """Divide a member's logits by one number, in 1/20..20.

    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017. The
    member's most probable class does not change.
    """

    needs_fit: ClassVar[bool] = True

    def fit(self, logits: Tensor, labels: Tensor) -> Affine:
        """Find the temperature with the least log-loss."""
        beta = best_inverse_temperature(logits, labels)
        scale = torch.full((logits.shape[1],), beta, dtype=torch.float64)
        return Affine(scale, torch.zeros_like(scale))
