from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from saying import draw_fit, fit_of, outputs_of, rule_of, same, skilled
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from lfx.fusion.crossfit import folds
from lfx.fusion.schemes import stacking
from lfx.fusion.schemes.stacking import Stacking, StackingMlp
from lfx.runtime.errors import ConfigError, FusionError

CASES = [(0, 2, 3), (1, 3, 2), (2, 3, 4), (3, 4, 8)]  # the last is too wide for Newton's steps
each_case = pytest.mark.parametrize(("seed", "members", "classes"), CASES)


def read(fit):
    """Build features from raw logits: each member's logits, centred, clipped far below."""
    parts = [log_softmax(logits.numpy(), axis=1) for logits in fit.outputs.logits]
    return np.concatenate([part - part.mean(axis=1, keepdims=True) for part in parts], axis=1)


def another_regression(c):
    return LogisticRegression(C=c, solver="lbfgs", tol=1e-10, max_iter=100_000)


def network(alpha):
    return MLPClassifier((3,), solver="lbfgs", alpha=alpha, max_iter=30, random_state=0)


@each_case
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_like_another_solver(seed, members, classes, c):
    fit = draw_fit(seed, members, 80, classes, skill=1.0, level=2.0)
    got = Stacking(c=(c,)).fit(fit)
    other = another_regression(c).fit(read(fit), fit.labels.numpy())
    new = draw_fit(seed + 10, members, 30, classes, skill=1.0)
    same(got.combine(new.outputs), torch.from_numpy(other.predict_proba(read(new))), 1e-4)
    assert got.regularisation == c


def test_like_a_minimiser_of_the_penalised_log_loss():
    fit = draw_fit(4, 2, 60, 3, skill=1.0)
    inputs, labels = read(fit), fit.labels.numpy()

    def loss(flat):
        coefficients, intercepts = flat[:18].reshape(3, 6), flat[18:]
        logs = log_softmax(inputs @ coefficients.T + intercepts, axis=1)
        return -0.1 * logs[range(60), labels].sum() + (coefficients**2).sum() / 2

    found = minimize(loss, np.zeros(21), method="BFGS", options={"gtol": 1e-6}).x
    want = softmax(inputs @ found[:18].reshape(3, 6).T + found[18:], axis=1)
    got = Stacking(c=(0.1,)).fit(fit)
    same(got.combine(fit.outputs), torch.from_numpy(want), 1e-4)
    document = got.document(fit.outputs)
    assert np.shape(document["weights"]) == (3, 2, 3)
    np.testing.assert_allclose(np.ravel(document["weights"]), found[:18], atol=1e-3)
    said = np.einsum("kmc,msc->sk", document["weights"], centred(fit)) + document["intercepts"]
    np.testing.assert_allclose(softmax(said, axis=1), want, atol=1e-3)
    assert (document["per"], document["regularisation"]) == ("feature", 0.1)


def centred(fit):
    logs = fit.outputs.logits.numpy()
    return logs - logs.mean(axis=2, keepdims=True)


@pytest.mark.parametrize(("skill", "scheme", "build", "strengths"), [
    (0.0, Stacking, another_regression, (0.001, 0.1, 10.0)),
    (1.0, Stacking, another_regression, (0.001, 0.01, 10.0)),
    (3.0, Stacking, another_regression, (0.001, 0.1, 1000.0)),
    (0.0, StackingMlp, network, (0.1, 10.0, 1000.0)),
    (2.0, StackingMlp, network, (0.1, 10.0, 1000.0)),
])  # fmt: skip
def test_the_strength_with_the_least_log_loss_on_other_folds(skill, scheme, build, strengths):
    fit = skilled(samples=60, skill=skill)
    groups = np.array([f"g{place // 2}" for place in range(60)], dtype=object)
    fit = fit_of(fit.probabilities, fit.labels, groups=groups, seed=0)
    inputs, labels = read(fit), fit.labels.numpy()
    losses = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for strength in strengths:
            held = np.empty((60, 3))
            for train, rest in folds(labels, groups, 5, 0):
                model = build(strength).fit(inputs[train], labels[train])
                held[rest] = model.predict_proba(inputs[rest])
            losses.append(log_loss(labels, held))
    options = {"c": strengths} if scheme is Stacking else {"hidden": 3, "steps": 30}
    if scheme is StackingMlp:
        options["alpha"] = strengths
    got = scheme(**options).fit(fit)
    assert got.regularisation == strengths[int(np.argmin(losses))]


@pytest.mark.parametrize(
    ("scheme", "strongest"),
    [
        (Stacking(c=(1.0, 0.01, 0.1)), 0.01),
        (StackingMlp(hidden=2, alpha=(1.0, 100.0, 10.0), steps=5), 100.0),
    ],
)
def test_without_folds_the_strongest_penalty(scheme, strongest):
    fit = skilled()
    together = fit_of(fit.probabilities, fit.labels, groups=np.full(40, "g", dtype=object))
    assert scheme.fit(together).regularisation == strongest


@pytest.mark.parametrize("classes", [2, 3])
def test_a_network_like_its_layers(classes):
    fit = draw_fit(0, 2, 60, classes, skill=1.0)
    rule = StackingMlp(hidden=4, alpha=(5.0,), steps=200).fit(fit)
    document = rule.document(fit.outputs)
    first, second = (np.array(layer) for layer in document["weights"])
    hidden = np.maximum(read(fit) @ first + document["intercepts"][0], 0)
    last = hidden @ second + document["intercepts"][1]
    if classes == 2:
        last = np.concatenate([np.zeros_like(last), last], axis=1)
    got = rule.combine(fit.outputs)
    same(got, torch.from_numpy(softmax(last, axis=1)))
    # At the minimum of Σ losses + alpha / 2 · Σ weights², as `alpha` is documented.
    own = got[range(60), fit.labels].numpy()

    def loss(scale):
        wider = np.maximum(read(fit) @ (first * scale) + document["intercepts"][0], 0)
        logits = wider @ second + document["intercepts"][1]
        if classes == 2:
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        misfit = -log_softmax(logits, axis=1)[range(60), fit.labels].sum()
        return misfit + 5.0 / 2 * ((first * scale) ** 2).sum()

    assert loss(1.0) == pytest.approx(-np.log(own).sum() + 2.5 * (first**2).sum())
    assert (loss(1.01) - loss(0.99)) / 0.02 == pytest.approx(0, abs=0.5)


def test_seed_and_width_of_a_network():
    fit = skilled()
    scheme = StackingMlp(hidden=5, alpha=(1.0,), steps=10)
    one, two = scheme.fit(fit), scheme.fit(fit_of(fit.probabilities, fit.labels, seed=2**32 + 1))
    assert one.model.coefs_[0].shape == (9, 5)
    assert not np.allclose(one.model.coefs_[0], two.model.coefs_[0])
    again = scheme.fit(fit_of(fit.probabilities, fit.labels, seed=1))
    np.testing.assert_array_equal(two.model.coefs_[0], again.model.coefs_[0])


@pytest.mark.parametrize("scheme", [Stacking(), StackingMlp(hidden=2, steps=20)])
def test_a_class_that_never_occurs_gets_nothing(scheme):
    fit = skilled(samples=30)
    labels = fit.labels.where(fit.labels != 1, 2)
    got = scheme.fit(fit_of(fit.probabilities, labels)).combine(fit.outputs)
    assert got.shape == (30, 3)
    assert got[:, 1].tolist() == [0] * 30
    same(got.sum(dim=1), torch.ones(30, dtype=torch.float64))
    assert {0, 2} == set(got.argmax(dim=1).tolist())


@pytest.mark.parametrize("scheme", [Stacking(), StackingMlp(hidden=2, steps=20)])
def test_a_class_that_some_folds_lack(scheme):
    fit = skilled(samples=30)
    labels = torch.zeros(30, dtype=torch.int64)
    labels[7] = 1
    fused = scheme.fit(fit_of(fit.probabilities, labels)).combine(fit.outputs)
    assert bool(torch.isfinite(fused).all())
    labels[9] = 2
    fused = scheme.fit(fit_of(fit.probabilities, labels)).combine(fit.outputs)
    assert bool((fused > 0).all())


@pytest.mark.parametrize("scheme", [Stacking(), StackingMlp()])
def test_a_single_class_teaches_nothing(scheme):
    fit = fit_of(skilled(samples=6).probabilities, torch.full((6,), 2))
    with pytest.raises(FusionError, match="fit split has samples of class c2 only, so no"):
        scheme.fit(fit)


@pytest.mark.parametrize("groups", [1, 2])
def test_many_samples_in_few_groups(monkeypatch, groups):
    monkeypatch.setattr(stacking, "_ENOUGH", 20)
    fit = skilled()
    names = np.array([f"g{place % groups}" for place in range(40)], dtype=object)
    fit = fit_of(fit.probabilities, fit.labels, groups=names)
    got = rule_of(Stacking(), fit).combine(fit.outputs)
    same(got.sum(dim=1), torch.ones(40, dtype=torch.float64))


def test_levels_and_the_size_of_zero_do_not_matter():
    fit = skilled()
    one = Stacking(c=(0.1,)).fit(fit).combine(fit.outputs)
    level = fit_of(fit.probabilities, fit.labels, level=-7.0)
    same(Stacking(c=(0.1,)).fit(level).combine(level.outputs), one)
    certain = torch.eye(3, dtype=torch.float64)[None, :].repeat(3, 1, 1)
    nearly = certain.clamp(min=1e-60)
    rule = Stacking(c=(0.1,)).fit(fit)
    same(rule.combine(outputs_of(certain)), rule.combine(outputs_of(nearly)))


@pytest.mark.parametrize("strengths", [(), [], 1.0, [0.0], [-1.0], ["a"], [True], [float("nan")]])
def test_bad_strengths(strengths):
    with pytest.raises(ConfigError, match=r"^c(\[0\])?( must be|: a finite)"):
        Stacking(c=strengths)
    with pytest.raises(ConfigError, match=r"^alpha(\[0\])?( must be|: a finite)"):
        StackingMlp(alpha=strengths)


@pytest.mark.parametrize("option", ["hidden", "steps"])
def test_bad_networks(option):
    with pytest.raises(ConfigError, match=f"{option} must be at least 1, got 0"):
        StackingMlp(**{option: 0})
