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
    """Compute DR_ij = TP_ij / N: the share of all samples of class j that member i predicts as j.

    The paper writes TP / (TP + TN + FP + FN), one class versus the rest; that sum is N.

    Args:
        probabilities: `(members, samples, classes)`.
        labels: class indices, `(samples,)`.

    Returns:
        `(members, classes)`, in 0..1; at most the class's share of the samples.
    """
    hits = probabilities.argmax(dim=2).eq(labels).to(probabilities.dtype)
    return hits @ _indicators(probabilities, labels) / labels.shape[0]


def class_shares(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Compute alpha_j, the share of each class among the samples: `(classes,)`, summing to 1."""
    return _indicators(probabilities, labels).mean(dim=0)


def paper_weights(rates: Tensor, alphas: Tensor) -> Tensor:
    """Compute W_ij = (1 - DR_ij + alpha_j) / Σ_j (1 - DR_ij + alpha_j), as in the paper.

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
        alphas: `(classes,)`; with 0 weights are proportional to recall, and the class's share makes
            them more equal.

    Returns:
        `(members, classes)`; each class's column sums to 1. Weights are equal for a class that no
        member detects and whose alpha is 0.
    """
    rewards = rates + alphas
    total = rewards.sum(dim=0)
    equal = torch.full_like(rewards, 1 / rewards.shape[0])
    return torch.where(total > 0, rewards / torch.where(total > 0, total, 1), equal)


def _indicators(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return one-hot labels, `(samples, classes)`."""
    one_hot = torch.nn.functional.one_hot(labels, probabilities.shape[2])
    return one_hot.to(probabilities.dtype)


@checked
@dataclass(frozen=True)
class DetectionRate:
    """Weigh members for each class by their detection rates on the fit split.

    Form `paper` is the formula of the paper and its published code. A *higher* detection rate
    *lowers* a weight, and each member's weights are normalised over classes, so members are never
    compared with each other: a member that is better in all classes gains nothing. The paper itself
    observes weights that are nearly uniform.

    Form `corrected` rewards the rate and normalises over the members within each class. The class's
    share N_j / N cancels out, so weights are proportional to recall with `alpha=none`, and to
    1 + recall with `alpha=prior`, which prevents extreme weights for classes of few samples. Recall
    ignores false positives: a member that always predicts j gets the full weight for j.

    Attributes:
        alpha: `prior` adds each class's share of the fit split to the rates; `none` adds nothing,
            which in form `paper` gives relatively more weight to rare classes.
        form: `paper` or `corrected`.
    """

    alpha: Literal["prior", "none"] = "prior"
    form: Literal["paper", "corrected"] = "paper"
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Compute weights per class.

        Raises:
            FusionError: form `paper` gives a class no weight.
        """
        rates = detection_rates(fit.probabilities, fit.labels)
        shares = class_shares(fit.probabilities, fit.labels)
        alphas = shares if self.alpha == "prior" else torch.zeros_like(shares)
        weights = (paper_weights if self.form == "paper" else corrected_weights)(rates, alphas)
        empty = (weights == 0).all(dim=0)
        if bool(empty.any()):
            # 1 - DR + alpha is 0 only if DR is 1, which is possible for a single class only.
            name = fit.classes[int(empty.nonzero()[0].item())]
            raise FusionError(
                f"the detection rate of class {name} is 1 for all members, because the fit split "
                "has no other class, and form=paper then gives it no weight; use "
                "fusion.alpha=prior or another fit_split"
            )
        return Weights("class", weights)
