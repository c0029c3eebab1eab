from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from lfx.training.logistic import LinearFit, fit_logistic


def draw(classes, samples=300, features=6):
    chance = np.random.default_rng(classes)
    labels = chance.integers(classes, size=samples)
    centres = chance.normal(size=(classes, features))
    return centres[labels] + chance.normal(size=(samples, features)), labels.tolist()


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("weights", [None, [3.0, 1.0, 0.5, 1.0, 2.0]])
def test_logits_are_scikit_learns(classes, is_sparse, weights):
    features, labels = draw(classes)
    given = sparse.csr_array(features) if is_sparse else features
    ours = fit_logistic(given, labels, c=0.3, class_weights=weights and weights[:classes])
    balance = None if weights is None else dict(enumerate(weights[:classes]))
    theirs = LogisticRegression(C=0.3, class_weight=balance).fit(features, labels)
    assert ours.weight.shape == (classes, 6)
    assert (ours.weight.dtype, ours.bias.dtype) == (np.float32, np.float32)
    logits = ours.logits(given)
    assert logits.shape == (300, classes)
    np.testing.assert_allclose(log_softmax(logits), theirs.predict_log_proba(features), atol=2e-5)
    assert ours.converged


def test_of_two_classes_each_has_half_of_the_logit():
    features, labels = draw(2)
    fitted = fit_logistic(features, labels, c=1.0)
    assert np.array_equal(fitted.weight[0], -fitted.weight[1])
    assert fitted.bias[0] == -fitted.bias[1]


def test_too_few_iterations_are_told():
    features, labels = draw(3)
    assert not fit_logistic(features, labels, c=100.0, max_iter=1).converged


def test_logits_are_those_of_a_linear_layer():
    fitted = LinearFit(np.array([[1, 2], [0, -1]], "f4"), np.array([0.5, 0], "f4"))
    assert fitted.logits(np.array([[1.0, 1.0], [2.0, 0.0]])).tolist() == [[3.5, -1], [2.5, 0]]
