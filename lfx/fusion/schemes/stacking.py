"""Stacking: a classifier of the members' probabilities."""

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
# The largest number of samples to choose a penalty on: with more, the choice hardly matters.
_ENOUGH = 10_000
# Multiplications per step of a fit: choosing a penalty takes seconds above the first number, and
# hours above the second.
_MUCH_WORK, _MOST_WORK = 10**7, 10**9
# Up to this number of features times classes, Newton's method is faster than L-BFGS.
_MOST_FOR_NEWTON = 200


def features(outputs: Outputs) -> Matrix:
    """Compute the inputs of a stacked classifier: centred log-probabilities.

    If a member lacks a sample, the mean of the others' log-probabilities is used.

    Returns:
        `(samples, members * classes)`, float64; each member's classes sum to 0.
    """
    logs = outputs.probabilities.clamp(min=_LEAST).log().to("cpu", torch.float64)
    logs = logs - logs.mean(dim=2, keepdim=True)
    present = outputs.present.cpu()
    if not bool(present.all()):
        is_present = present[:, :, None].to(logs)
        mean = (logs * is_present).sum(dim=0) / is_present.sum(dim=0)
        logs = torch.where(present[:, :, None], logs, mean)
    return np.asarray(logs.permute(1, 0, 2).reshape(logs.shape[1], -1).numpy())


@dataclass(frozen=True, eq=False)
class Stacked:
    """The rule that combines members by a fitted classifier."""

    model: LogisticRegression | MLPClassifier
    regularisation: float

    def combine(self, outputs: Outputs) -> Tensor:
        """Return the classifier's probabilities; 0 for a class that it was not fitted on."""
        scores = np.zeros((outputs.logits.shape[1], len(outputs.classes)))
        scores[:, self.model.classes_] = self.model.predict_proba(features(outputs))
        return torch.from_numpy(scores).to(outputs.logits)

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Return the coefficients, `(classes, members, classes)`; of a network, its matrices."""
        settings = {"per": "feature", "regularisation": self.regularisation}
        if isinstance(self.model, MLPClassifier):
            layers = [matrix.tolist() for matrix in self.model.coefs_]
            biases = [row.tolist() for row in self.model.intercepts_]
            return {"weights": layers, "intercepts": biases} | settings
        shape = (-1, len(outputs.members), len(outputs.classes))
        coefficients = self.model.coef_.reshape(shape).tolist()
        return {"weights": coefficients, "intercepts": self.model.intercept_.tolist()} | settings


@checked
@dataclass(frozen=True)
class Stacking:
    """Multinomial logistic regression on all members' log-probabilities.

    Wolpert, Stacked Generalization, Neural Networks 1992. The members were not trained on the fit
    split, so their predictions there are like those on new samples. The strength of the penalty is
    chosen by the log-loss of cross-fitting: each fold is predicted by a regression on the others.

    Attributes:
        c: inverse strengths of the L2 penalty to choose from, as scikit-learn's `C`; a single one
            is used without a choice.
    """

    c: Strengths = (0.001, 0.01, 0.1, 1.0)
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Stacked:
        """Choose the strength of the penalty and fit a regression.

        Raises:
            FusionError: the fit split has a single class, or the fit would take hours.
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
    other schemes its result depends on random initial weights, so on `seed` and on the order of the
    classes.

    Attributes:
        hidden: width of the hidden layer.
        alpha: strengths of the L2 penalty to choose from by cross-fitting, as scikit-learn's
            `alpha`, relative to the sum of the samples' losses.
        steps: the largest number of L-BFGS steps.
    """

    hidden: Count = 16
    alpha: Strengths = (1.0, 10.0, 100.0)
    steps: Count = 100
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Stacked:
        """Choose the strength of the penalty and fit a network.

        Raises:
            FusionError: the fit split has a single class, or the fit would take hours.
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
    """Return the multiplications of a step of a fit; raise an error if a fit would take hours."""
    samples, inputs = len(fit.labels), len(fit.members) * len(fit.classes)
    work = samples * inputs * outputs
    if work > _MOST_WORK:
        raise FusionError(
            f"fusion={scheme}: {samples} samples of {len(fit.classes)} classes and "
            f"{len(fit.members)} members are {inputs} inputs and {work:.0e} "
            f"multiplications per step, which would take hours; allowed are {_MOST_WORK:.0e}. Use "
            "fusion=learned, learned_per_class or mean, which take seconds, or fewer members"
        )
    return work


def _solver(fit: FitData) -> dict[str, Any]:
    # A Newton step costs (features * classes)² per sample, but few steps are needed.
    is_small = len(fit.members) * len(fit.classes) ** 2 <= _MOST_FOR_NEWTON
    # With its default tolerance L-BFGS leaves errors of almost 0.01 in probabilities.
    return {"solver": "newton-cholesky" if is_small else "lbfgs", "max_iter": 1000, "tol": 1e-6}


def _choose(fit: FitData, strengths: Sequence[float], build: Any, work: int) -> Stacked:
    """Choose the strength with the least log-loss in cross-fitting, then fit on all samples.

    The choice uses about 10,000 samples at most.

    Args:
        fit: labelled samples.
        strengths: strengths of the penalty, the strongest first.
        build: builds a classifier with a strength.
        work: multiplications of a step; with many, progress is shown.
    """
    inputs, labels = features(fit.outputs), fit.labels.cpu().numpy()
    if len(np.unique(labels)) == 1:
        raise FusionError(
            f"the fit split has samples of class {fit.classes[int(labels[0])]} only, so no "
            "classifier can be fitted; use another fit_split or fusion=mean"
        )
    rows = np.arange(len(labels))
    if len(labels) > _ENOUGH:  # a fold, with whole groups and the same shares of the classes
        parts = folds(labels, fit.groups, -(-len(labels) // _ENOUGH), fit.seed)
        rows = parts[0][1] if parts else rows
    parts = folds(labels[rows], fit.groups[rows], _FOLDS, fit.seed) if len(strengths) > 1 else []
    losses = [0.0] * len(strengths)
    fits = [
        (rows[train], rows[held_out], k)
        for train, held_out in parts
        if len(np.unique(labels[rows[train]])) > 1
        for k in range(len(strengths))
    ]
    shown = track(fits, "choosing a penalty, fit by fit", len(fits)) if work > _MUCH_WORK else fits
    for train, held_out, k in shown:
        model = _fit_model(build(strengths[k]), inputs[train], labels[train])
        losses[k] += _summed_loss(model, inputs[held_out], labels[held_out])
    # The first of equals is the stronger penalty; without folds all losses are equal.
    chosen = strengths[int(np.argmin(losses))]
    return Stacked(_fit_model(build(chosen), inputs, labels), float(chosen))


def _fit_model(model: Any, inputs: Matrix, labels: np.ndarray[Any, Any]) -> Any:
    # One thread multiplies matrices of a few columns two to three times faster than several.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        # Full convergence is not needed: cross-fitting measures the log-loss of the result.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(inputs, labels)


def _summed_loss(model: Any, inputs: Matrix, labels: np.ndarray[Any, Any]) -> float:
    column_of = {label: column for column, label in enumerate(model.classes_.tolist())}
    scores = model.predict_proba(inputs)
    likelihoods = [
        scores[row, column_of[label]] if label in column_of else 0.0
        for row, label in enumerate(labels)
    ]
    return float(-np.log(np.maximum(likelihoods, _LEAST)).sum())
