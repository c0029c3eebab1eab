"""Weights that are equal, or that the user gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import draw_fit, rule_of, same
from scipy.stats import gmean
from voting import voting_classifier

from lfx.fusion.schemes.maximum import Max
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.product import Product
from lfx.fusion.schemes.vote import WeightedVote
from lfx.fusion.schemes.weighted import Weighted
from lfx.runtime.errors import ConfigError, FusionError

few = settings(max_examples=15, deadline=None)
SIZES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "members": st.integers(1, 4),
        "samples": st.integers(1, 12),
        "classes": st.integers(2, 4),
    }
)
each_with_shares = pytest.mark.parametrize("kind", [Weighted, Product, WeightedVote])


def draw_shares(seed, members):
    weights = np.random.default_rng(seed).dirichlet(np.ones(members)).tolist()
    return {f"m{place}": weight for place, weight in enumerate(weights)}, weights


@few
@given(sizes=SIZES)
def test_mean_like_soft_voting(sizes):
    fit = draw_fit(**sizes)
    model, samples = voting_classifier(fit.probabilities, None, "soft")
    got = rule_of(Mean(), fit).combine(fit.outputs)
    same(got, torch.from_numpy(model.predict_proba(samples)))


@few
@given(sizes=SIZES)
def test_weighted_like_soft_voting(sizes):
    fit = draw_fit(**sizes)
    shares, weights = draw_shares(**{key: sizes[key] for key in ("seed", "members")})
    model, samples = voting_classifier(fit.probabilities, weights, "soft")
    got = rule_of(Weighted(shares), fit).combine(fit.outputs)
    same(got, torch.from_numpy(model.predict_proba(samples)))


@few
@given(sizes=SIZES)
def test_product_like_a_geometric_mean(sizes):
    fit = draw_fit(**sizes)
    shares, weights = draw_shares(**{key: sizes[key] for key in ("seed", "members")})
    for scheme, exponents in ((Product(), None), (Product(shares), weights)):
        want = gmean(fit.probabilities.numpy(), axis=0, weights=spread(exponents, fit))
        got = rule_of(scheme, fit).combine(fit.outputs)
        same(got, torch.from_numpy(want / want.sum(axis=1, keepdims=True)))


def spread(weights, fit):
    """Give scipy a weight for every number."""
    shape = tuple(fit.probabilities.shape)
    return None if weights is None else np.broadcast_to(np.reshape(weights, (-1, 1, 1)), shape)


def test_equal_exponents_rank_classes_as_the_product_does():
    fit = draw_fit(1, members=3, samples=50, classes=4)
    got = rule_of(Product(), fit).combine(fit.outputs)
    assert got.argmax(dim=1).tolist() == fit.probabilities.prod(dim=0).argmax(dim=1).tolist()


@few
@given(sizes=SIZES)
def test_max_like_a_naive_loop(sizes):
    fit = draw_fit(**sizes)
    said = fit.probabilities.tolist()
    want = []
    for s in range(sizes["samples"]):
        row = [max(member[s][c] for member in said) for c in range(sizes["classes"])]
        want.append([value / sum(row) for value in row])
    got = rule_of(Max(), fit).combine(fit.outputs)
    same(got, torch.tensor(want, dtype=torch.float64))


@each_with_shares
@pytest.mark.parametrize(
    ("shares", "want"),
    [
        ({}, [1 / 3, 1 / 3, 1 / 3]),
        ({"m0": 0.5}, [0.5, 0.25, 0.25]),
        ({"m2": 0.2, "m1": 0.3}, [0.5, 0.3, 0.2]),
        ({"m1": 1}, [0, 1, 0]),
        ({"m0": 0.2, "m1": 0.3, "m2": 0.5}, [0.2, 0.3, 0.5]),
        ({"m0": 0.1, "m1": 0.9 + 1e-9}, [0.1, 0.9, 0]),
    ],
)
def test_unnamed_members_share_the_remainder(kind, shares, want):
    got = rule_of(kind(shares), draw_fit(members=3)).weights.values.tolist()
    assert got == pytest.approx(want, abs=1e-8)


@each_with_shares
def test_every_wrong_share_is_named(kind):
    with pytest.raises(FusionError, match="audio") as caught:
        kind({"video": 0.1, "audio": 0.2, "m0": 0.5}).fit(draw_fit(members=3))
    assert str(caught.value).splitlines() == [
        "fusion.weights.audio: no such member; there are: m0, m1, m2",
        "fusion.weights.video: no such member; there are: m0, m1, m2",
    ]
    with pytest.raises(ConfigError, match=r"weights\.m0") as caught:
        kind({"audio": 0.2, "m0": -0.5, "m1": math.nan})
    assert str(caught.value).splitlines() == [
        "weights.m0 must be at least 0 and at most 1, got -0.5",
        "weights.m1: a finite number is needed, got nan",
    ]


@each_with_shares
@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"m0": 0.7, "m1": 0.7}, r"the shares sum to 1\.4; allowed is at most 1"),
        ({"m0": 0.2, "m1": 0.3}, r"shares of all members sum to 0\.5; allowed is 1 \(leave a"),
    ],
)
def test_shares_that_do_not_add_up(kind, shares, message):
    with pytest.raises(FusionError, match=message):
        kind(shares).fit(draw_fit(members=2))


@each_with_shares
@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"m0": "half"}, "weights.m0 must be a number, got 'half'"),
        ({"m0": 1e308, "m1": 1e308}, "weights.m0 must be at least 0 and at most 1, got 1e"),
        ({"m0": 1.5}, "weights.m0 must be at least 0 and at most 1, got 1.5"),
        ({"m0": True}, "weights.m0 must be a number, got True"),
        ([0.5], r"weights must be a mapping, got \[0\.5\]"),
    ],
)
def test_bad_shares(kind, shares, message):
    with pytest.raises(ConfigError, match=message):
        kind(shares)
