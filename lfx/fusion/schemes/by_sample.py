"""Weights that follow from how certain a member is of a sample."""

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
# Beyond the upper end energies lose all that tells members apart.
Temperature = Annotated[float, Interval(ge=1e-3, le=1e6)]


def entropies(probabilities: Tensor) -> Tensor:
    """Compute -Σ_c p(c) · log p(c) in nats: `(…, classes)` → `(…)`, in 0..log(classes)."""
    parts: Tensor = torch.special.entr(probabilities)
    return parts.sum(dim=-1)


def uniformity(probabilities: Tensor) -> Tensor:
    """Compute the mean distance from equal chances, (1 / C) Σ_c |p(c) - 1 / C|.

    What PDF calls distribution uniformity: 0 where all classes are equally likely, larger the more
    a member commits itself. `(…, classes)` → `(…)`, in 0..2 (C - 1) / C².
    """
    classes = probabilities.shape[-1]
    return (probabilities - 1 / classes).abs().mean(dim=-1)


@dataclass(frozen=True)
class Entropy:
    """Give a member, for each sample, a weight in proportion to 1 / entropy of what it says.

    Inverse entropy weighting (Misra, Bourlard and Tyagi, New Entropy Based Combination Rules in
    HMM/ANN Multi-stream ASR, ICASSP 2003), applied by the linear pool. Overconfident members drown
    the others: calibrate them first (`calibration=temperature`).
    """

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> PooledBySample:  # noqa: ARG002, nothing is learnt
        """Look at no sample."""
        return PooledBySample(_inverse_entropy)


def _inverse_entropy(outputs: Outputs) -> Weights:
    floor = torch.finfo(outputs.logits.dtype).eps
    return Weights("sample", 1 / entropies(outputs.probabilities).clamp(min=floor))


@checked
@dataclass(frozen=True)
class Energy:
    """Give a member, for each sample, a weight in proportion to its negative free energy.

    QMF (Zhang et al., Provable Dynamic Fusion for Low-Quality Multimodal Data, ICML 2023), the part
    that works at test time: u_m = T · log Σ_c exp(z_m(c) / T) weighs the logits z_m, and the
    weighted logits are summed. That is a logarithmic pool; weights are divided by their sum here,
    which changes how sharp the fused probabilities are, but not which class wins. A negative u
    counts as 0, and where no member has a positive one, all weigh the same.

    A softmax does not fix the level of its logits, so this is only sound for members whose logits
    are raw scores of models trained alike; QMF also trains for it. A fused artifact has energy 0.

    Attributes:
        temperature: the T, above 0.
    """

    temperature: Temperature = 1.0
    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> PooledBySample:  # noqa: ARG002, nothing is learnt
        """Look at no sample."""
        return PooledBySample(self._weigh, logarithmic_pool)

    def _weigh(self, outputs: Outputs) -> Weights:
        scaled = torch.logsumexp(outputs.logits / self.temperature, dim=2)
        certain = (self.temperature * scaled).clamp(min=0) * outputs.present
        # Rounding leaves a fused artifact's energy close to 0, on either side.
        certain = torch.where(certain > _ROUNDING, certain, 0)
        return Weights("sample", torch.where((certain > 0).any(dim=0), certain, 1))


@dataclass(frozen=True)
class DistributionUncertainty:
    """Weigh members by confidence, corrected by how far each commits itself.

    PDF (Cao, Xia, Ding, Zhang and Hu, Predictive Dynamic Fusion, ICML 2024), the part that works at
    test time. With a confidence k_m in 0..1: mono-confidence k_m, holo-confidence
    Σ_{j≠m} log k_j / Σ_j log k_j, their sum the co-belief; relative calibration
    min(1, DU_m / mean_{j≠m} DU_j) with `uniformity` DU; weights are the softmax over members of the
    product, and the weighted logits are summed, which is a logarithmic pool. PDF predicts k_m, the
    probability of the true class, by a network of its own that is trained with the encoders; from
    predictions alone, the member's largest probability has to stand for it.
    """

    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> PooledBySample:  # noqa: ARG002, nothing is learnt
        """Look at no sample."""
        return PooledBySample(_co_belief, logarithmic_pool)


def _co_belief(outputs: Outputs) -> Weights:
    said, there = outputs.probabilities, outputs.present.to(outputs.logits)
    tiny = torch.finfo(said.dtype).eps
    # log k, kept away from 0, where two certain members would leave 0 / 0.
    surprise = -said.amax(dim=2).clamp(min=tiny, max=1 - tiny).log() * there
    confidence = torch.exp(-surprise)
    total = surprise.sum(dim=0)
    holo = (total - surprise) / total.clamp(min=tiny)
    distance = uniformity(said) * there
    others = (there.sum(dim=0) - there).clamp(min=1)
    elsewhere = (distance.sum(dim=0) - distance) / others
    # Where the others are undecided altogether, or absent, there is nothing to fall short of.
    relative = torch.where(elsewhere > 0, (distance / elsewhere.clamp(min=tiny)).clamp(max=1), 1)
    belief = (confidence + holo) * relative
    return Weights("sample", torch.softmax(belief, dim=0))
