"""Logistic regression by scikit-learn, as weight and bias of a linear layer."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from collections.abc import Sequence

# (samples, features): dense, or of scipy.sparse, which has no types.
Features: TypeAlias = Any


@dataclass(frozen=True, eq=False)
class LinearFit:
    """A fitted linear classifier.

    Attributes:
        weight: (classes, features) float32.
        bias: (classes,) float32.
        converged: whether the solver was done before its last iteration.
    """

    weight: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    converged: bool = True

    def logits(self, features: Features) -> npt.NDArray[np.float64]:
        """Return (samples, classes)."""
        logits: npt.NDArray[np.float64] = features @ self.weight.astype(np.float64).T
        return logits + self.bias


def fit_logistic(
    features: Features,
    labels: Sequence[int],
    *,
    c: float,
    class_weights: Sequence[float] | None = None,
    max_iter: int = 1000,
    tol: float = 1e-4,
) -> LinearFit:
    """Fit a logistic regression with an L2 penalty on its weights.

    Args:
        features: (samples, features), finite.
        labels: (samples,) indices of classes, each of which occurs.
        c: inverse of the penalty's strength, scikit-learn's `C`.
        class_weights: (classes,) weight of each class in the loss; None: equal.
        max_iter: most iterations.
        tol: largest entry of the gradient at which it ends.

    Returns:
        The fit. Of two classes, which scikit-learn tells apart by one logit, each has half of it.
    """
    weights = None if class_weights is None else dict(enumerate(class_weights))
    model = LogisticRegression(C=c, class_weight=weights, max_iter=max_iter, tol=tol)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(features, np.asarray(labels))
    weight, bias = model.coef_, model.intercept_
    if len(weight) == 1:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    stopped = any(issubclass(one.category, ConvergenceWarning) for one in caught)
    return LinearFit(weight.astype(np.float32), bias.astype(np.float32), not stopped)
