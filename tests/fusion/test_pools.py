from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.fusion.pools import linear_pool, logarithmic_pool, maximum_pool, vote_pool
from lfx.fusion.weights import Weights

POOLS = {
    "linear": linear_pool,
    "logarithmic": logarithmic_pool,
    "vote": vote_pool,
    "maximum": maximum_pool,
}
CASES = [("linear", "class"), *itertools.product(POOLS, ("member", "sample"))]
SIZES = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(2, 5))
SEEDS = st.integers(0, 10_000)
each_case = pytest.mark.parametrize(("pool", "per"), CASES)
few = settings(max_examples=30, deadline=None)


def draw(sizes, per, seed):
    members, samples, classes = sizes
    rng = np.random.default_rng(seed)
    probabilities = torch.from_numpy(rng.dirichlet(np.full(classes, 0.5), size=(members, samples)))
    shape = {"member": (members,), "class": (members, classes), "sample": (members, samples)}[per]
    return probabilities, torch.from_numpy(rng.uniform(0.05, 1, size=shape))


def same(one, two):
    torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-9)


def naive(pool, probabilities, per, weights):
    """Compute a pool in plain Python."""
    members, samples, classes = probabilities.shape
    p, w = probabilities.tolist(), weights.tolist()
    result = []
    for s in range(samples):
        row = []
        for c in range(classes):
            given_to = {"member": lambda m: w[m], "class": lambda m, c=c: w[m][c]}
            weight = given_to.get(per, lambda m, s=s: w[m][s])
            total = sum(weight(m) for m in range(members))
            if pool == "linear":
                row.append(sum(weight(m) * p[m][s][c] for m in range(members)))
            elif pool == "logarithmic":
                row.append(math.prod(p[m][s][c] ** (weight(m) / total) for m in range(members)))
            elif pool == "vote":  # a tie is for test_votes.py: weights are drawn at random here
                for_it = [m for m in range(members) if p[m][s][c] == max(p[m][s])]
                row.append(sum(weight(m) for m in for_it))
            else:
                row.append(max(p[m][s][c] for m in range(members)))
        result.append([value / sum(row) for value in row])
    return torch.tensor(result, dtype=torch.float64)


@each_case
@few
@given(sizes=SIZES, seed=SEEDS)
def test_like_a_naive_loop(pool, per, sizes, seed):
    probabilities, weights = draw(sizes, per, seed)
    got = POOLS[pool](probabilities, Weights(per, weights))
    same(got, naive(pool, probabilities, per, weights))


@each_case
@few
@given(sizes=SIZES, seed=SEEDS)
def test_rows_sum_to_one(pool, per, sizes, seed):
    probabilities, weights = draw(sizes, per, seed)
    got = POOLS[pool](probabilities, Weights(per, weights))
    assert got.shape == sizes[1:]
    assert bool(((got >= 0) & (got <= 1 + 1e-12)).all())
    same(got.sum(dim=1), torch.ones(sizes[1], dtype=torch.float64))


@each_case
@few
@given(sizes=SIZES, seed=SEEDS, factor=st.floats(1e-3, 1e3))
def test_only_proportions_of_weights_matter(pool, per, sizes, seed, factor):
    probabilities, weights = draw(sizes, per, seed)
    one = POOLS[pool](probabilities, Weights(per, weights))
    same(one, POOLS[pool](probabilities, Weights(per, weights * factor)))


@each_case
@few
@given(sizes=SIZES, seed=SEEDS, data=st.data())
def test_order_of_members_does_not_matter(pool, per, sizes, seed, data):
    probabilities, weights = draw(sizes, per, seed)
    order = data.draw(st.permutations(range(sizes[0])))
    one = POOLS[pool](probabilities, Weights(per, weights))
    same(one, POOLS[pool](probabilities[list(order)], Weights(per, weights[list(order)])))


@each_case
@few
@given(sizes=SIZES, seed=SEEDS, place=st.integers(0, 4))
def test_weight_zero_is_absent(pool, per, sizes, seed, place):
    probabilities, weights = draw(sizes, per, seed)
    loud, _ = draw((1, *sizes[1:]), per, seed + 1)
    place = min(place, sizes[0])
    more = torch.cat([probabilities[:place], loud, probabilities[place:]])
    zero = torch.zeros_like(weights[:1])
    padded = torch.cat([weights[:place], zero, weights[place:]])
    one = POOLS[pool](probabilities, Weights(per, weights))
    same(one, POOLS[pool](more, Weights(per, padded)))


@each_case
@few
@given(sizes=SIZES, seed=SEEDS, place=st.integers(0, 3))
def test_one_hot_weight_is_that_member(pool, per, sizes, seed, place):
    probabilities, weights = draw(sizes, per, seed)
    place = min(place, sizes[0] - 1)
    chosen = torch.zeros_like(weights)
    chosen[place] = 1
    want = probabilities[place]
    if pool == "vote":  # its vote, that is
        want = torch.nn.functional.one_hot(want.argmax(dim=1), sizes[2]).double()
    same(POOLS[pool](probabilities, Weights(per, chosen)), want)


@each_case
@few
@given(sizes=SIZES, seed=SEEDS, data=st.data())
def test_class_permutation_commutes(pool, per, sizes, seed, data):
    probabilities, weights = draw(sizes, per, seed)
    order = list(data.draw(st.permutations(range(sizes[2]))))
    moved = weights[:, order] if per == "class" else weights
    one = POOLS[pool](probabilities, Weights(per, weights))[:, order]
    same(one, POOLS[pool](probabilities[:, :, order], Weights(per, moved)))


@each_case
def test_equal_members_change_nothing(pool, per):
    probabilities, weights = draw((3, 4, 5), per, 0)
    equal = probabilities[:1].expand(3, 4, 5)
    if per == "class":
        weights = torch.ones_like(weights)
    got = POOLS[pool](equal, Weights(per, weights))
    same(got, POOLS[pool](equal[:1], Weights("member", torch.ones(1))))
    if pool != "vote":
        same(got, equal[0])


def test_as_many_samples_as_classes_is_not_guessed():
    probabilities, weights = draw((2, 3, 3), "class", 0)
    one = linear_pool(probabilities, Weights("class", weights))
    two = linear_pool(probabilities, Weights("sample", weights))
    assert not torch.allclose(one, two)
    same(one, naive("linear", probabilities, "class", weights))
    same(two, naive("linear", probabilities, "sample", weights))


def test_class_weights_that_leave_a_sample_nothing_say_nothing():
    probabilities = torch.eye(2, dtype=torch.float64)[:, None, :]
    weights = Weights("class", torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64))
    same(linear_pool(probabilities, weights), torch.full((1, 2), 0.5, dtype=torch.float64))


def test_certainty_stays_finite_in_the_logarithmic_pool():
    probabilities = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]], dtype=torch.float64)
    weights = torch.tensor([0.5, 0.5], dtype=torch.float64)
    got = logarithmic_pool(probabilities, Weights("member", weights))
    same(got, torch.full((1, 2), 0.5, dtype=torch.float64))


@pytest.mark.parametrize("pool", POOLS)
def test_huge_weights_do_not_overflow(pool):
    probabilities, _ = draw((2, 3, 3), "member", 0)
    big = torch.tensor([1e308, 1e308], dtype=torch.float64)
    one = POOLS[pool](probabilities, Weights("member", big))
    same(one, POOLS[pool](probabilities, Weights("member", torch.ones_like(big))))


@pytest.mark.parametrize(
    ("pool", "what"),
    [("logarithmic", "a logarithmic pool"), ("vote", "a vote"), ("maximum", "a maximum")],
)
def test_only_the_linear_pool_takes_class_weights(pool, what):
    probabilities, weights = draw((2, 3, 4), "class", 0)
    message = f"{what} takes weights per member or sample; got per class"
    with pytest.raises(ValueError, match=message):
        POOLS[pool](probabilities, Weights("class", weights))


@pytest.mark.parametrize(("pool", "per"), CASES)
def test_shapes_must_fit(pool, per):
    probabilities, weights = draw((2, 3, 4), per, 0)
    with pytest.raises(ValueError, match=rf"weights per {per} must have shape \(3,.*got \(2,"):
        POOLS[pool](torch.cat([probabilities, probabilities[:1]]), Weights(per, weights))
    with pytest.raises(ValueError, match=r"shape \(members, samples, classes\); got \(3, 4\)"):
        POOLS[pool](probabilities[0], Weights(per, weights))


@pytest.mark.parametrize(
    ("per", "values", "message"),
    [
        ("members", [1.0], "per: allowed are member, class, sample; got 'members'"),
        ("member", [[1.0]], r"weights per member must have shape \(members,\); got \(1, 1\)"),
        ("class", [1.0], r"per class must have shape \(members, classes\); got \(1,\)"),
        ("sample", [1.0], r"per sample must have shape \(members, samples\); got \(1,\)"),
        ("member", [], r"got \(0,\)"),
        ("member", [1, 2], "weights must be floating point numbers; got torch.int64"),
        ("member", [1.0, -0.5], r"weights must be 0 or more; got \[1\.0, -0\.5\]"),
        ("member", [1.0, math.nan], "weights must be finite"),
        ("class", [[1.0, math.inf]], "weights must be finite"),
        ("member", [0.0, 0.0], "the weights are 0 for all members; some must be above 0"),
        ("class", [[1.0, 0.0], [1.0, 0.0]], "the weights of class 1 are 0 for all members"),
        ("sample", [[0.0, 1.0], [0.0, 0.0]], "the weights of sample 0 are 0 for all members"),
    ],
)
def test_weights_that_no_pool_can_apply(per, values, message):
    with pytest.raises(ValueError, match=message):
        Weights(per, torch.tensor(values))
