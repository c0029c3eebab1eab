"""Weights that minimise the log-loss of the fused predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch
from annotated_types import Ge

from lfx.fusion.minimise import minimise
from lfx.fusion.weights import Weights
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.fusion.outputs import FitData

_NEWTON_STEPS = 100
_CONVERGED = 1e-12
_ARMIJO, _LEAST_STEP = 1e-4, 1e-9
LEAST = torch.finfo(torch.float32).tiny

# Without shrinkage a member that is never right would get the weight 0, whose log is not finite.
Shrinkage = Annotated[float, Ge(1e-3)]


def simplex_weights(likelihoods: Tensor, prior: Tensor) -> Tensor:
    """Maximise Σ_s log(Σ_m w_m · l[s, m]) + Σ_m a_m · log(w_m) over the simplex.

    The first term is the log-likelihood of a mixture, the second the logarithm of a Dirichlet
    density. Adding -(samples + Σ a) · Σ_m w_m does not change the maximum on the simplex and makes
    the constraint unnecessary: the objective is then concave with an interior maximum, which
    Newton's method with step halving finds in about ten steps of O(samples · members²).

    Args:
        likelihoods: each member's probability of the sample's label, `(samples, members)`, in 0..1;
            for no sample 0 in all members.
        prior: the a_m, `(members,)`, above 0.

    Returns:
        `(members,)`, in 0..1, summing to 1.
    """
    total = len(likelihoods) + prior.sum()
    # Only proportions within a sample matter: the largest becomes 1.
    rows = likelihoods / likelihoods.amax(dim=1, keepdim=True)
    weights = prior / prior.sum()

    def objective(point: Tensor) -> Tensor:
        return (rows @ point).log().sum() + (prior * point.log()).sum() - total * point.sum()

    value = objective(weights)
    for _ in range(_NEWTON_STEPS):
        slopes = rows / (rows @ weights)[:, None]
        gradient = slopes.sum(dim=0) + prior / weights - total
        curvature = slopes.T @ slopes + torch.diag(prior / weights.square())
        step = torch.linalg.solve(curvature, gradient)
        gain = gradient @ step
        if gain <= _CONVERGED * total:
            break
        size = 1.0
        # Halve the step until weights stay above 0 and the objective increases enough (Armijo).
        while bool((weights + size * step <= 0).any()) or (
            (new_value := objective(weights + size * step)) < value + _ARMIJO * size * gain
            and size > _LEAST_STEP
        ):
            size /= 2
        weights, value = weights + size * step, new_value
    return weights / weights.sum()


@checked
@dataclass(frozen=True)
class Learned:
    """Find the weights per member with the least log-loss on the fit split.

    The linear pool's weights by maximum likelihood, shrunk towards equal weights: they maximise the
    posterior under a Dirichlet prior around equal weights that counts as `shrinkage` samples. The
    problem is convex, so its solution does not depend on the starting point.

    Attributes:
        shrinkage: above 0, in samples; the larger, the closer weights are to equal weights.
    """

    shrinkage: Shrinkage = 10.0
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Fit weights per member."""
        likelihoods = label_probabilities(fit)
        prior = likelihoods.new_full((len(fit.members),), self.shrinkage / len(fit.members))
        return Weights("member", simplex_weights(likelihoods.T, prior).to(fit.probabilities))


@checked
@dataclass(frozen=True)
class LearnedPerClass:
    """Find weights per member and class with the least log-loss on the fit split.

    W[m, c] = softmax over members of θ[m, c], so weights of a class sum to 1 over members. The
    penalty is -shrinkage / members · mean_c Σ_m log(members · W[m, c]), which pulls each class's
    weights towards equal weights. Fused scores are divided by their sum, so the problem is not
    convex; the search always starts from equal weights, so its result is deterministic.

    Attributes:
        shrinkage: above 0, in samples; the larger, the closer weights are to equal weights.
    """

    shrinkage: Shrinkage = 10.0
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Fit weights per class."""
        # Classes first, so that each class's scores are one product of a row and a matrix.
        by_class = fit.probabilities.to("cpu", torch.float64).permute(2, 0, 1).contiguous()
        labels = fit.labels.cpu()
        classes, members, samples = by_class.shape
        strength = self.shrinkage / (members * classes)
        scale = samples + self.shrinkage
        targets = torch.nn.functional.one_hot(labels, classes).T.to(torch.float64)

        def loss(theta: Tensor) -> tuple[Tensor, Tensor]:
            logs = torch.log_softmax(theta, dim=0)
            weights = logs.exp()
            scores = torch.bmm(weights.T[:, None, :], by_class).squeeze(1)
            likelihoods = scores.gather(0, labels[None]).clamp(min=LEAST)
            total = scores.sum(dim=0)
            value = (total.log().sum() - likelihoods.log().sum() - strength * logs.sum()) / scale
            # The gradient with respect to the weights, then to theta.
            residuals = 1 / total - targets / likelihoods
            slope = torch.bmm(by_class, residuals[:, :, None]).squeeze(2).T
            gradient = weights * (slope - (weights * slope).sum(dim=0))
            return value, (gradient - strength * (1 - members * weights)) / scale

        theta = minimise(loss, torch.zeros(members, classes, dtype=torch.float64))
        return Weights("class", torch.softmax(theta, dim=0).to(fit.probabilities))


def label_probabilities(fit: FitData) -> Tensor:
    """Return each member's probability of each sample's label, `(members, samples)`, float64."""
    labels = fit.labels[None, :, None].expand(len(fit.members), -1, 1)
    likelihoods = fit.probabilities.gather(2, labels).squeeze(2)
    return likelihoods.to("cpu", torch.float64).clamp(min=LEAST)
