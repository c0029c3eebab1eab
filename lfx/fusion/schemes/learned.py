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

# With less, a member that is never right would lose all its weight, and its logarithm with it.
Shrinkage = Annotated[float, Ge(1e-3)]


def simplex_weights(likelihoods: Tensor, prior: Tensor) -> Tensor:
    """Maximise Σ_s log(Σ_m w_m · l[s, m]) + Σ_m a_m · log(w_m) over the simplex.

    The first term is the log-likelihood of a mixture, the second the logarithm of a Dirichlet
    density. Adding -(samples + Σ a) · Σ_m w_m leaves the maximum on the simplex where it is and
    makes the constraint superfluous: the objective is then concave with an interior maximum, which
    Newton's method with step halving finds in about ten steps, each of samples · members².

    Args:
        likelihoods: what each member gives to each sample's own class, `(samples, members)`, in
            0..1; not 0 for all members of any sample.
        prior: the a_m, `(members,)`, above 0.

    Returns:
        `(members,)`, in 0..1, summing to 1.
    """
    total = len(likelihoods) + prior.sum()
    # Only proportions within a sample matter; the largest becomes 1.
    rows = likelihoods / likelihoods.amax(dim=1, keepdim=True)
    weights = prior / prior.sum()

    def value(point: Tensor) -> Tensor:
        return (rows @ point).log().sum() + (prior * point.log()).sum() - total * point.sum()

    best = value(weights)
    for _ in range(_NEWTON_STEPS):
        slopes = rows / (rows @ weights)[:, None]
        gradient = slopes.sum(dim=0) + prior / weights - total
        curvature = slopes.T @ slopes + torch.diag(prior / weights.square())
        step = torch.linalg.solve(curvature, gradient)
        gain = gradient @ step
        if gain <= _CONVERGED * total:
            break
        size = 1.0
        # The barrier is at 0: a step stays inside, and must bring a part of what it promises.
        while bool((weights + size * step <= 0).any()) or (
            (found := value(weights + size * step)) < best + 1e-4 * size * gain and size > 1e-9  # noqa: PLR2004
        ):
            size /= 2
        weights, best = weights + size * step, found
    return weights / weights.sum()


@checked
@dataclass(frozen=True)
class Learned:
    """Find the weights per member with the least log-loss on the fit split.

    The linear pool's weights by maximum likelihood, shrunk to uniform: they are the most probable
    ones under a Dirichlet prior around equal weights that counts as much as `shrinkage` samples.
    The problem is convex, and its solution does not depend on where the search began.

    Attributes:
        shrinkage: above 0, in samples; the larger, the closer the weights stay to equal ones.
    """

    shrinkage: Shrinkage = 10.0
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Find weights per member."""
        own = own_probabilities(fit)
        prior = own.new_full((len(fit.members),), self.shrinkage / len(fit.members))
        return Weights("member", simplex_weights(own.T, prior).to(fit.probabilities))


@checked
@dataclass(frozen=True)
class LearnedPerClass:
    """Find weights per member and class with the least log-loss on the fit split.

    W[m, c] = softmax over members of θ[m, c], so that members share each class among them. The
    penalty is -shrinkage / members · mean_c Σ_m log(members · W[m, c]), which pulls each class's
    weights to equal ones. Fused scores are divided by their sum, which makes the problem no longer
    convex; the search starts from equal weights, so that its outcome is the same each time.

    Attributes:
        shrinkage: above 0, in samples; the larger, the closer the weights stay to equal ones.
    """

    shrinkage: Shrinkage = 10.0
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Find weights per class."""
        # Class by class, so that each class's scores are one product of a row and a matrix.
        said = fit.probabilities.to("cpu", torch.float64).permute(2, 0, 1).contiguous()
        labels = fit.labels.cpu()
        classes, members, samples = said.shape
        strength = self.shrinkage / (members * classes)
        scale = samples + self.shrinkage
        own = torch.nn.functional.one_hot(labels, classes).T.to(torch.float64)

        def loss(theta: Tensor) -> tuple[Tensor, Tensor]:
            logs = torch.log_softmax(theta, dim=0)
            weights = logs.exp()
            scores = torch.bmm(weights.T[:, None, :], said).squeeze(1)
            chosen = scores.gather(0, labels[None]).clamp(min=LEAST)
            total = scores.sum(dim=0)
            value = (total.log().sum() - chosen.log().sum() - strength * logs.sum()) / scale
            # By the weights first, then through the softmax.
            slope = torch.bmm(said, (1 / total - own / chosen)[:, :, None]).squeeze(2).T
            through = weights * (slope - (weights * slope).sum(dim=0))
            return value, (through - strength * (1 - members * weights)) / scale

        theta = minimise(loss, torch.zeros(members, classes, dtype=torch.float64))
        return Weights("class", torch.softmax(theta, dim=0).to(fit.probabilities))


LEAST = torch.finfo(torch.float32).tiny


def own_probabilities(fit: FitData) -> Tensor:
    """Give what each member gives to each sample's own class: `(members, samples)`, float64."""
    places = fit.labels[None, :, None].expand(len(fit.members), -1, 1)
    own = fit.probabilities.gather(2, places).squeeze(2)
    return own.to("cpu", torch.float64).clamp(min=LEAST)
