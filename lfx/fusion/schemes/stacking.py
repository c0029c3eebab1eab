"""Stacking: a classifier that reads what the members say."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import MinLen
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from lfx.fusion.crossfit import folds
from lfx.runtime.checked import checked
from lfx.runtime.errors import FusionError
from lfx.runtime.progress import track
from lfx.runtime.settings import Count, Positive, component_name

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.fusion.outputs import FitData, Outputs

Matrix = np.ndarray[Any, np.dtype[np.float64]]
Strengths = Annotated[Sequence[Positive], MinLen(1)]

_LEAST = torch.finfo(torch.float32).tiny
_FOLDS = 5
# Samples that a penalty is chosen on, at the most: with more, it hardly matters which one it is.
_ENOUGH = 10_000
# Multiplications of one step of a fit, beyond which choosing a strength takes seconds, or hours.
_MUCH_WORK, _MOST_WORK = 10**7, 10**9


def features(outputs: Outputs) -> Matrix:
    """Give what a stacked classifier reads: centred log-probabilities.

    For a member that lacks a sample stands the mean of the others' log-probabilities.

    Returns:
        `(samples, members * classes)`, float64; each member's classes sum to 0.
    """
    logs = outputs.probabilities.clamp(min=_LEAST).log().to("cpu", torch.float64)
    logs = logs - logs.mean(dim=2, keepdim=True)
    present = outputs.present.cpu()
    if not bool(present.all()):
        there = present[:, :, None].to(logs)
        stand_in = (logs * there).sum(dim=0) / there.sum(dim=0)
        logs = torch.where(present[:, :, None], logs, stand_in)
    return np.asarray(logs.permute(1, 0, 2).reshape(logs.shape[1], -1).numpy())


@dataclass(frozen=True, eq=False)
class Stacked:
    """A fitted classifier as a rule."""

    model: LogisticRegression | MLPClassifier
    regularisation: float

    def combine(self, outputs: Outputs) -> Tensor:
        """Let the classifier predict; a class that it never saw gets 0."""
        scores = np.zeros((outputs.logits.shape[1], len(outputs.classes)))
        scores[:, self.model.classes_] = self.model.predict_proba(features(outputs))
        return torch.from_numpy(scores).to(outputs.logits)

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Give coefficients, `(classes, members, classes)`; layers' matrices of a network."""
        about = {"per": "feature", "regularisation": self.regularisation}
        if isinstance(self.model, MLPClassifier):
            layers = [matrix.tolist() for matrix in self.model.coefs_]
            biases = [row.tolist() for row in self.model.intercepts_]
            return {"weights": layers, "intercepts": biases} | about
        shape = (-1, len(outputs.members), len(outputs.classes))
        coefficients = self.model.coef_.reshape(shape).tolist()
        return {"weights": coefficients, "intercepts": self.model.intercept_.tolist()} | about


@checked
@dataclass(frozen=True)
class Stacking:
    """Multinomial logistic regression on all members' log-probabilities.

    Wolpert, Stacked Generalization, Neural Networks 1992. The members were not trained on the fit
    split, so their predictions there are what they are anywhere else. How strongly coefficients are
    penalised is chosen by the log-loss of cross-fitting: each fold is predicted by a regression on
    the others.

    Attributes:
        c: inverse strengths of the L2 penalty to choose from, as scikit-learn's `C`; of one there
            is nothing to choose.
    """

    c: Strengths = (0.001, 0.01, 0.1, 1.0)
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Stacked:
        """Choose a strength and fit a regression.

        Raises:
            FusionError: the fit split holds a single class, or it is too much work.
        """
        work = _work(fit, len(fit.classes), component_name(self))
        strengths = sorted(self.c)
        return _choose(fit, strengths, lambda c: LogisticRegression(C=c, **_solver(fit)), work)


@checked
@dataclass(frozen=True)
class StackingMlp:
    """A small neural network on all members' log-probabilities.

    The meta-classifier of the paper's section IV.D ("an artificial neural network to learn
    non-linear relations between the modalities"): one hidden layer, L2 penalty, L-BFGS. Unlike all
    other schemes its outcome depends on random initial weights, hence on `seed` and on the order of
    the classes.

    Attributes:
        hidden: width of the hidden layer.
        alpha: strengths of the L2 penalty to choose from by cross-fitting, as scikit-learn's
            `alpha`, which counts against the sum of the samples' losses.
        steps: of L-BFGS, at the most.
    """

    hidden: Count = 16
    alpha: Strengths = (1.0, 10.0, 100.0)
    steps: Count = 100
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Stacked:
        """Choose a strength and fit a network.

        Raises:
            FusionError: the fit split holds a single class, or it is too much work.
        """
        work = _work(fit, self.hidden, component_name(self))
        return _choose(
            fit,
            sorted(self.alpha, reverse=True),
            lambda alpha: MLPClassifier(
                (self.hidden,),
                solver="lbfgs",
                alpha=alpha,
                max_iter=self.steps,
                random_state=fit.seed % 2**32,
            ),
            work,
        )


def _work(fit: FitData, outputs: int, scheme: str) -> int:
    """Count the multiplications of a step of a fit, and refuse more than anybody waits for."""
    samples, inputs = len(fit.labels), len(fit.members) * len(fit.classes)
    work = samples * inputs * outputs
    if work > _MOST_WORK:
        raise FusionError(
            f"fusion={scheme}: {samples} samples of {len(fit.classes)} classes and "
            f"{len(fit.members)} members are {inputs} inputs, {work:.0e} "
            f"multiplications a step, which would take hours; allowed are {_MOST_WORK:.0e}. Use "
            "fusion=learned, learned_per_class or mean, which take seconds, or fewer members"
        )
    return work


def _solver(fit: FitData) -> dict[str, Any]:
    # Newton's steps cost (features * classes)² a sample, but few of them are needed.
    few = len(fit.members) * len(fit.classes) ** 2 <= 200  # noqa: PLR2004
    # With the default tolerance L-BFGS leaves probabilities off by almost a hundredth.
    return {"solver": "newton-cholesky" if few else "lbfgs", "max_iter": 1000, "tol": 1e-6}


def _choose(fit: FitData, strengths: Sequence[float], build: Any, work: int) -> Stacked:
    """Fit with the strength that has the least log-loss in cross-fitting, then on all samples.

    Of many samples 10,000 do for the choice.

    Args:
        fit: labelled samples.
        strengths: of the penalty, the strongest first.
        build: makes a classifier of a strength.
        work: multiplications of a step; progress is shown where they are many.
    """
    inputs, labels = features(fit.outputs), fit.labels.cpu().numpy()
    if len(np.unique(labels)) < 2:  # noqa: PLR2004
        raise FusionError(
            f"the fit split holds nothing but {fit.classes[int(labels[0])]}, so there is nothing "
            "to learn from; use another fit_split or fusion=mean"
        )
    rows = np.arange(len(labels))
    if len(labels) > _ENOUGH:  # groups whole, classes as they are everywhere
        parts = folds(labels, fit.groups, -(-len(labels) // _ENOUGH), fit.seed)
        rows = parts[0][1] if parts else rows
    parts = folds(labels[rows], fit.groups[rows], _FOLDS, fit.seed) if len(strengths) > 1 else []
    losses = [0.0] * len(strengths)
    fits = [
        (rows[train], rows[held], place)
        for train, held in parts
        if len(np.unique(labels[rows[train]])) > 1
        for place in range(len(strengths))
    ]
    shown = track(fits, "choosing a penalty, fit by fit", len(fits)) if work > _MUCH_WORK else fits
    for train, held, place in shown:
        model = _fitted(build(strengths[place]), inputs[train], labels[train])
        losses[place] += _summed_loss(model, inputs[held], labels[held])
    # Of equals the stronger penalty, which stands first; so too where there are no folds.
    chosen = strengths[int(np.argmin(losses))]
    return Stacked(_fitted(build(chosen), inputs, labels), float(chosen))


def _fitted(model: Any, inputs: Matrix, labels: np.ndarray[Any, Any]) -> Any:
    # Matrices a few columns wide are multiplied two to three times faster by one thread.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        # Close to the minimum is good enough; the log-loss of cross-fitting judges the outcome.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(inputs, labels)


def _summed_loss(model: Any, inputs: Matrix, labels: np.ndarray[Any, Any]) -> float:
    place = {label: column for column, label in enumerate(model.classes_.tolist())}
    scores = model.predict_proba(inputs)
    own = [scores[row, place[label]] if label in place else 0.0 for row, label in enumerate(labels)]
    return float(-np.log(np.maximum(own, _LEAST)).sum())
