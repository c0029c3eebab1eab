"""Weights per sample, computed from each member's confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch
from annotated_types import Interval

from lfx.fusion.pools import logarithmic_pool
from lfx.fusion.rules import PooledBySample
from lfx.fusion.weights import Weights
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.fusion.outputs import FitData, Outputs

_ROUNDING = 1e-4
# Above the upper bound the energies of all members are equal within rounding.
Temperature = Annotated[float, Interval(ge=1e-3, le=1e6)]


def entropies(probabilities: Tensor) -> Tensor:
    """Compute -Σ_c p(c) · log p(c) in nats: `(…, classes)` → `(…)`, in 0..log(classes)."""
    parts: Tensor = torch.special.entr(probabilities)
    return parts.sum(dim=-1)


def uniformity(probabilities: Tensor) -> Tensor:
    """Compute the mean distance from uniform probabilities, (1 / C) Σ_c |p(c) - 1 / C|.

    PDF calls it distribution uniformity: 0 if all classes are equally likely, and larger for more
    confident predictions. `(…, classes)` → `(…)`, in 0..2 (C - 1) / C².
    """
    classes = probabilities.shape[-1]
    return (probabilities - 1 / classes).abs().mean(dim=-1)


@dataclass(frozen=True)
class Entropy:
    """Weigh members for each sample in proportion to 1 / entropy of their probabilities.

    Inverse entropy weighting (Misra, Bourlard and Tyagi, New Entropy Based Combination Rules in
    HMM/ANN Multi-stream ASR, ICASSP 2003), applied by the linear pool. Overconfident members get
    nearly all the weight: calibrate them first (`calibration=temperature`).
    """

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> PooledBySample:
        """Return the rule; it needs no samples."""
        del fit
        return PooledBySample(_inverse_entropy)


def _inverse_entropy(outputs: Outputs) -> Weights:
    floor = torch.finfo(outputs.logits.dtype).eps
    return Weights("sample", 1 / entropies(outputs.probabilities).clamp(min=floor))


@checked
@dataclass(frozen=True)
class Energy:
    """Weigh members for each sample in proportion to their negative free energy.

    The test-time part of QMF (Zhang et al., Provable Dynamic Fusion for Low-Quality Multimodal
    Data, ICML 2023): u_m = T · log Σ_c exp(z_m(c) / T) weighs the logits z_m, and the weighted
    logits are summed. This is a logarithmic pool; here weights are divided by their sum, which
    changes the confidence of the fused probabilities, but not the winning class. A negative u
    counts as 0; if no member has a positive u, all weigh the same.

    Softmax does not fix the level of its logits, so energies are comparable only between members
    whose logits are raw scores of models that were trained alike; QMF also trains for it. A fused
    artifact has energy 0.

    Attributes:
        temperature: the temperature T, above 0.
    """

    temperature: Temperature = 1.0
    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> PooledBySample:
        """Return the rule; it needs no samples."""
        del fit
        return PooledBySample(self._weigh, logarithmic_pool)

    def _weigh(self, outputs: Outputs) -> Weights:
        scaled = torch.logsumexp(outputs.logits / self.temperature, dim=2)
        energies = (self.temperature * scaled).clamp(min=0) * outputs.present
        # By rounding, a fused artifact's energy is not exactly 0.
        energies = torch.where(energies > _ROUNDING, energies, 0)
        return Weights("sample", torch.where((energies > 0).any(dim=0), energies, 1))


@dataclass(frozen=True)
class DistributionUncertainty:
    """Weigh members for each sample by confidence, corrected by distribution uniformity.

    The test-time part of PDF (Cao, Xia, Ding, Zhang and Hu, Predictive Dynamic Fusion, ICML 2024).
    With a confidence k_m in 0..1: mono-confidence k_m, holo-confidence
    Σ_{j≠m} log k_j / Σ_j log k_j, their sum the co-belief; relative calibration
    min(1, DU_m / mean_{j≠m} DU_j) with `uniformity` DU; weights are the softmax over members of the
    product, and the weighted logits are summed, which is a logarithmic pool. PDF predicts k_m, the
    probability of the true class, by a network that is trained with the encoders; here the member's
    largest probability is used, because only predictions are available.
    """

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> PooledBySample:
        """Return the rule; it needs no samples."""
        del fit
        return PooledBySample(_co_belief, logarithmic_pool)


def _co_belief(outputs: Outputs) -> Weights:
    probabilities, present = outputs.probabilities, outputs.present.to(outputs.logits)
    eps = torch.finfo(probabilities.dtype).eps
    # -log k, clamped away from 0: two fully confident members would give 0 / 0.
    surprise = -probabilities.amax(dim=2).clamp(min=eps, max=1 - eps).log() * present
    confidence = torch.exp(-surprise)
    total = surprise.sum(dim=0)
    holo = (total - surprise) / total.clamp(min=eps)
    distance = uniformity(probabilities) * present
    others = (present.sum(dim=0) - present).clamp(min=1)
    others_mean = (distance.sum(dim=0) - distance) / others
    # If all others are uniform or absent, the relative calibration is 1.
    ratio = (distance / others_mean.clamp(min=eps)).clamp(max=1)
    relative = torch.where(others_mean > 0, ratio, 1)
    return Weights("sample", torch.softmax((confidence + holo) * relative, dim=0))
