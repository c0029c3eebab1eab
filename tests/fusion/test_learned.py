from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import draw_fit, fit_of, same, skilled
from scipy.optimize import minimize

from lfx.fusion.minimise import minimise
from lfx.fusion.pools import linear_pool
from lfx.fusion.schemes.learned import Learned, LearnedPerClass, simplex_weights
from lfx.runtime.errors import ConfigError

few = settings(max_examples=10, deadline=None)
SIZES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "members": st.integers(1, 5),
        "samples": st.integers(1, 40),
        "classes": st.integers(2, 4),
        "skill": st.sampled_from([0.0, 2.0]),
    }
)
SHRINKAGES = st.sampled_from([1e-3, 0.5, 10.0, 1e4])


def own(fit):
    """Give what members say of each sample's own class, `(samples, members)`."""
    rows = range(len(fit.labels))
    return np.stack([said.numpy()[rows, fit.labels] for said in fit.probabilities], axis=1)


def penalised(weights, likelihoods, shrinkage):
    """Compute the objective of `Learned`, to be minimised."""
    weights = np.maximum(weights, 1e-300)
    prior = shrinkage / len(weights)
    return -np.log(likelihoods @ weights).sum() - prior * np.log(weights).sum()


@few
@given(sizes=SIZES, shrinkage=SHRINKAGES)
def test_learned_like_a_constrained_optimiser(sizes, shrinkage):
    fit = draw_fit(**sizes)
    members, likelihoods = sizes["members"], own(fit)
    found = minimize(
        penalised,
        np.full(members, 1 / members),
        args=(likelihoods, shrinkage),
        method="SLSQP",
        bounds=[(1e-9, 1)] * members,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    got = Learned(shrinkage).fit(fit).values.numpy()
    ours = penalised(got, likelihoods, shrinkage)
    assert ours <= found.fun + 1e-7 * (1 + abs(found.fun))
    np.testing.assert_allclose(got, found.x, atol=2e-3)


@few
@given(sizes=SIZES, shrinkage=SHRINKAGES)
def test_learned_is_a_fixed_point_of_expectation_maximisation(sizes, shrinkage):
    fit = draw_fit(**sizes)
    likelihoods, prior = own(fit), shrinkage / sizes["members"]
    got = Learned(shrinkage).fit(fit).values.numpy()
    assert got.sum() == pytest.approx(1)
    assert (got > 0).all()
    shares = likelihoods * got / (likelihoods @ got)[:, None]
    again = (shares.sum(axis=0) + prior) / (len(likelihoods) + shrinkage)
    np.testing.assert_allclose(got, again, atol=1e-6)


def test_priors_of_any_kind():
    rng = np.random.default_rng(0)
    likelihoods, prior = rng.random((30, 3)), np.array([0.5, 4.0, 20.0])
    weights = np.full(3, 1 / 3)
    for _ in range(20_000):
        shares = likelihoods * weights / (likelihoods @ weights)[:, None]
        weights = (shares.sum(axis=0) + prior) / (30 + prior.sum())
    got = simplex_weights(torch.from_numpy(likelihoods), torch.from_numpy(prior))
    np.testing.assert_allclose(got, weights, atol=1e-6)


@pytest.mark.parametrize("kind", [Learned, LearnedPerClass])
def test_shrinkage_pulls_to_equal_weights(kind):
    fit = skilled(samples=60, skill=2.0)
    said = fit.probabilities.clone()
    said[2] = said[2].roll(1, dims=1)  # the third member is wrong as a rule
    fit = fit_of(said, fit.labels)
    thirds = [
        kind(shrinkage).fit(fit).values[2].max().item() for shrinkage in (1e-3, 1, 10, 1e3, 1e7)
    ]
    assert thirds == sorted(thirds)
    assert thirds[0] < 0.01
    assert thirds[-1] == pytest.approx(1 / 3, abs=1e-3)


@pytest.mark.parametrize("kind", [Learned, LearnedPerClass])
def test_certain_and_wrong_members_do_not_break_it(kind):
    eye = torch.eye(3, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 0])
    said = torch.stack([eye[labels], eye[(labels + 1) % 3], eye[(labels + 2) % 3]])
    got = kind(0.01).fit(fit_of(said, labels)).values
    assert bool(torch.isfinite(got).all())
    assert bool((got[0] > 0.95).all())
    nobody = kind().fit(fit_of(said[1:], labels)).values
    assert bool(torch.isfinite(nobody).all())
    same(nobody.sum(dim=0), torch.ones_like(nobody.sum(dim=0)))


def mean_loss(weights, fit, shrinkage):
    """Compute the objective of `LearnedPerClass` in plain Python."""
    total = 0.0
    for s, label in enumerate(fit.labels.tolist()):
        scores = [
            sum(weights[m][c] * said[s, c].item() for m, said in enumerate(fit.probabilities))
            for c in range(len(fit.classes))
        ]
        total -= np.log(scores[label] / sum(scores))
    members, classes = np.shape(weights)
    return total - shrinkage / members * np.log(members * np.asarray(weights)).sum() / classes


@pytest.mark.parametrize(("seed", "members", "classes"), [(0, 2, 3), (1, 3, 2), (2, 2, 4)])
@pytest.mark.parametrize("shrinkage", [0.1, 10.0])
def test_learned_per_class_like_another_optimiser(seed, members, classes, shrinkage):
    fit = draw_fit(seed, members, 25, classes, skill=1.0)
    got = LearnedPerClass(shrinkage).fit(fit)
    assert got.per == "class"
    same(got.values.sum(dim=0), torch.ones(classes, dtype=torch.float64))

    def softmax_loss(theta):
        theta = theta.reshape(members, classes)
        weights = np.exp(theta - theta.max(axis=0))
        return mean_loss((weights / weights.sum(axis=0)).tolist(), fit, shrinkage)

    found = minimize(softmax_loss, np.zeros(members * classes), method="BFGS", tol=1e-7)
    ours = mean_loss(got.values.tolist(), fit, shrinkage)
    assert ours == pytest.approx(found.fun, abs=1e-5)
    # Nor does a step in any direction help.
    rng = np.random.default_rng(seed)
    start = np.log(got.values.numpy()).ravel()
    for size in (1e-3, 1e-1):
        for _ in range(10):
            assert softmax_loss(start + size * rng.normal(size=start.shape)) > ours - 1e-6


def test_weights_per_class_beat_weights_per_member_where_members_differ_by_class():
    # Each member is right about one class and clueless about the others.
    labels = torch.arange(60) % 2
    said = torch.full((2, 60, 2), 0.5, dtype=torch.float64)
    for member in range(2):
        said[member, labels == member] = 0.1
        said[member, labels == member, member] = 0.9
    fit = fit_of(said, labels)
    losses = []
    for scheme in (Learned(), LearnedPerClass()):
        fused = linear_pool(fit.probabilities, scheme.fit(fit))
        losses.append(-fused[range(60), labels].log().mean().item())
    assert losses[1] < losses[0] - 0.01


def test_minimise_finds_what_is_known():
    def bowl(point):
        away = point - torch.tensor([[1.0, -2.0]], dtype=torch.float64)
        return (away**2).sum(), 2 * away

    start = torch.zeros(1, 2, dtype=torch.float64)
    same(minimise(bowl, start), torch.tensor([[1.0, -2.0]], dtype=torch.float64), 1e-6)
    bounds = (torch.full_like(start, -0.5), torch.full_like(start, 3.0))
    same(minimise(bowl, start, bounds), torch.tensor([[1.0, -0.5]], dtype=torch.float64), 1e-6)
    assert torch.equal(start, torch.zeros_like(start))
    assert minimise(bowl, start.float()).dtype == torch.float64


@pytest.mark.parametrize("kind", [Learned, LearnedPerClass])
@pytest.mark.parametrize("shrinkage", [0, 1e-4, -1.0, float("nan"), True, "much"])
def test_bad_shrinkage(kind, shrinkage):
    with pytest.raises(ConfigError, match=r"^shrinkage( must be|: a finite number)"):
        kind(shrinkage)
