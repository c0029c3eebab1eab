"""Dempster's rule: combine members' opinions with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch

from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.fusion.outputs import FitData, Outputs

EvidenceOf = Literal["softplus", "relu", "exp"]
NOTE = (
    "approximation: the members were not trained evidentially, so their logits are not amounts of "
    "evidence"
)


def opinions(logits: Tensor, evidence: str = "softplus") -> tuple[Tensor, Tensor]:
    """Compute belief masses and an uncertainty mass from logits (subjective logic).

    Logits are mapped to evidence e(c) ≥ 0, which gives a Dirichlet distribution with parameters
    e + 1 and strength S = Σ (e + 1); belief in class c is e(c) / S, uncertainty C / S.

    Args:
        logits: `(…, classes)`.
        evidence: `softplus`, `relu` or `exp` (of logits up to 80).

    Returns:
        Beliefs, `(…, classes)`, and uncertainty, `(…)`; together they sum to 1.
    """
    if evidence == "softplus":
        amounts: Tensor = torch.logaddexp(logits, torch.zeros_like(logits))
    else:
        amounts = logits.clamp(max=80).exp() if evidence == "exp" else torch.relu(logits)
    strength = amounts.sum(dim=-1) + logits.shape[-1]
    return amounts / strength[..., None], logits.shape[-1] / strength


def dempster(beliefs: Tensor, uncertainty: Tensor) -> tuple[Tensor, Tensor]:
    """Combine opinions over single classes by Dempster's rule, in closed form.

    For two, b = (b¹b² + b¹u² + b²u¹) / (1 - conflict) and u = u¹u² / (1 - conflict). Commonalities
    q(c) = b(c) + u multiply, so for any number of opinions, in any order, b(c) ∝ Π q_m(c) - Π u_m
    and u ∝ Π u_m. An opinion without any belief (u = 1) changes nothing.

    Args:
        beliefs: `(members, samples, classes)`.
        uncertainty: `(members, samples)`, above 0.

    Returns:
        Beliefs, `(samples, classes)`, and uncertainty, `(samples,)`; together they sum to 1.
    """
    # Relative to the product of uncertainties, which underflows with many confident members.
    logs = torch.log1p(beliefs / uncertainty[..., None]).sum(dim=0)
    top = logs.amax(dim=1, keepdim=True).clamp(min=0)
    unknown = torch.exp(-top)
    masses = (torch.exp(logs - top) - unknown).clamp(min=0)
    total = masses.sum(dim=1, keepdim=True) + unknown
    return masses / total, (unknown / total).squeeze(1)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The rule that combines members by Dempster's rule."""

    evidence: str

    def combine(self, outputs: Outputs) -> Tensor:
        """Combine opinions; uncertainty is spread evenly over the classes."""
        beliefs, uncertainty = opinions(outputs.logits, self.evidence)
        # An absent member has no belief.
        beliefs = beliefs * outputs.present[..., None]
        uncertainty = torch.where(outputs.present, uncertainty, 1)
        fused, fused_uncertainty = dempster(beliefs, uncertainty)
        return fused + fused_uncertainty[:, None] / fused.shape[1]

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Return 1 - uncertainty of each member and sample, `(members, samples)`, and a note."""
        _, uncertainty = opinions(outputs.logits, self.evidence)
        certainty = (1 - uncertainty) * outputs.present
        rows = [[round(value, 6) for value in row] for row in certainty.tolist()]
        return {"weights": rows, "per": "sample", "note": NOTE}


@checked
@dataclass(frozen=True)
class Evidential:
    """Combine the members' opinions, with their uncertainty, by Dempster's rule.

    Han, Zhang, Fu and Zhou, Trusted Multi-View Classification, ICLR 2021. There each member is
    trained to output amounts of evidence. With members trained by cross-entropy, whose logits have
    an arbitrary level, the result is an approximation and marked as such.

    Attributes:
        evidence: how logits become evidence: `softplus`, `relu` or `exp`.
    """

    evidence: EvidenceOf = "softplus"
    needs_fit: ClassVar[bool] = False

    def fit(self, fit: FitData) -> Evidence:
        """Return the rule; it needs no samples."""
        del fit
        return Evidence(self.evidence)
