"""Weights per class from how often each member detects the class (paper, section IV.D.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from lfx.fusion.weights import Weights
from lfx.runtime.checked import checked
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData


def detection_rates(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute DR_ij = TP_ij / N: the share of all samples that are j and that member i calls j.

    The paper writes TP / (TP + TN + FP + FN), one class versus the rest; that sum is N.

    Args:
        probabilities: `(members, samples, classes)`.
        labels: class indices, `(samples,)`.

    Returns:
        `(members, classes)`, in 0..1; never more than the class's share of the samples.
    """
    hits = probabilities.argmax(dim=2).eq(labels).to(probabilities.dtype)
    return hits @ _indicators(probabilities, labels) / labels.shape[0]


def class_shares(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute alpha_j, the share of each class among the samples: `(classes,)`, summing to 1."""
    return _indicators(probabilities, labels).mean(dim=0)


def paper_weights(rates: Tensor, alphas: Tensor) -> Tensor:
    """Compute W_ij = (1 - DR_ij + alpha_j) / Σ_j (1 - DR_ij + alpha_j), as the paper has it.

    Args:
        rates: detection rates, `(members, classes)`.
        alphas: `(classes,)`.

    Returns:
        `(members, classes)`; each member's row sums to 1.
    """
    rewards = 1 - rates + alphas
    return rewards / rewards.sum(dim=1, keepdim=True)


def corrected_weights(rates: Tensor, alphas: Tensor) -> Tensor:
    """Compute W_ij = (DR_ij + alpha_j) / Σ_i (DR_ij + alpha_j): members compared class by class.

    Args:
        rates: detection rates, `(members, classes)`.
        alphas: `(classes,)`; 0 weighs by recall, the class's share smooths that towards equality.

    Returns:
        `(members, classes)`; each class's column sums to 1. A class without any reward, because no
        member detects it and its alpha is 0, gets equal weights.
    """
    rewards = rates + alphas
    total = rewards.sum(dim=0)
    equal = torch.full_like(rewards, 1 / rewards.shape[0])
    return torch.where(total > 0, rewards / torch.where(total > 0, total, 1), equal)


def _indicators(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Turn labels into `(samples, classes)` of 0 and 1."""
    one_hot = torch.nn.functional.one_hot(labels, probabilities.shape[2])
    return one_hot.to(probabilities.dtype)


@checked
@dataclass(frozen=True)
class DetectionRate:
    """Give each member a weight for each class, from its detection rates on the fit split.

    Form `paper` is what the paper and its published code do. Mind what that means: a *higher*
    detection rate *lowers* a weight, and since each member's weights are normalised over its own
    classes, members are never compared with each other; a member that is better throughout gains
    nothing by it. The paper itself observes weights that are nearly uniform.

    Form `corrected` does what the name leads one to expect: it rewards the rate and normalises over
    the members within each class. As the class's share N_j / N cancels out, the weights are in
    proportion to recall with `alpha=none` and to 1 + recall with `alpha=prior`, which keeps a class
    that only few samples tell about from being left to one member. Recall does not see false
    alarms: a member that always says j earns the full weight for j.

    Attributes:
        alpha: `prior` adds each class's share of the fit split to the rates; `none` adds nothing,
            which in the paper's form gives relatively more weight to rare classes.
        form: `paper` or `corrected`.
    """

    alpha: Literal["prior", "none"] = "prior"
    form: Literal["paper", "corrected"] = "paper"
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Find weights per class.

        Raises:
            FusionError: the paper's form leaves a class without any weight.
        """
        rates = detection_rates(fit.probabilities, fit.labels)
        shares = class_shares(fit.probabilities, fit.labels)
        alphas = shares if self.alpha == "prior" else torch.zeros_like(shares)
        weights = (paper_weights if self.form == "paper" else corrected_weights)(rates, alphas)
        empty = (weights == 0).all(dim=0)
        if bool(empty.any()):
            # 1 - DR + alpha is 0 only where DR is 1, which no two classes can both have.
            name = fit.classes[int(empty.nonzero()[0].item())]
            raise FusionError(
                f"the detection rate of class {name} is 1 for all members, as the fit split holds "
                "nothing else, and the paper's form then gives it no weight at all; use "
                "fusion.alpha=prior or another fit_split"
            )
        return Weights("class", weights)
