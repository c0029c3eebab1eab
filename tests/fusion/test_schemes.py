"""What holds of every scheme."""

from __future__ import annotations

import importlib
import json
import pkgutil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import (
    EVEN_HANDED,
    FITTED,
    GIVEN,
    PER_CLASS,
    PER_MEMBER,
    SCHEMES,
    UNFITTED,
    draw_fit,
    fit_of,
    of_members,
    outputs_of,
    relabelled,
    rule_of,
    same,
    skilled,
)

import lfx.fusion.schemes
from lfx.fusion.outputs import FitData
from lfx.fusion.pools import linear_pool
from lfx.fusion.rules import Rule
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.grid import Grid
from lfx.fusion.schemes.product import Product
from lfx.fusion.schemes.vote import WeightedVote
from lfx.fusion.schemes.weighted import Weighted
from lfx.fusion.weights import Weights
from lfx.runtime.errors import FusionError
from lfx.runtime.settings import component_name

few = settings(max_examples=8, deadline=None)
SIZES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "members": st.integers(2, 4),
        "samples": st.integers(8, 20),
        "classes": st.integers(2, 4),
        "skill": st.sampled_from([0.5, 2.0]),
        "level": st.sampled_from([0.0, 3.0]),
    }
)


def each(schemes):
    return pytest.mark.parametrize("scheme", schemes.values(), ids=schemes.keys())


def without(schemes, *names):
    assert set(names) <= set(schemes)
    return {name: scheme for name, scheme in schemes.items() if name not in names}


def rule_or_none(scheme, fit):
    """Fit; None where a few samples happen to say nothing that the scheme could use."""
    try:
        return rule_of(scheme, fit)
    except FusionError:
        return None


def test_no_scheme_is_forgotten():
    found = set()
    for module in pkgutil.iter_modules(lfx.fusion.schemes.__path__, "lfx.fusion.schemes."):
        for kind in vars(importlib.import_module(module.name)).values():
            own = getattr(kind, "__module__", "") == module.name
            if own and isinstance(kind, type) and isinstance(vars(kind).get("needs_fit"), bool):
                found.add(kind)
    # The search of all weightings has tests of its own.
    assert found - {Grid} == set(map(type, SCHEMES.values()))
    assert len({kind.__name__ for kind in found}) == len(found)
    for name, scheme in SCHEMES.items():
        assert name.partition(",")[0] == component_name(scheme)


def test_who_needs_labels():
    assert {name for name, scheme in SCHEMES.items() if scheme.needs_fit} == set(FITTED)


@each(SCHEMES)
@few
@given(sizes=SIZES)
def test_rows_sum_to_one(scheme, sizes):
    fit = draw_fit(**sizes)
    rule = rule_or_none(scheme, fit)
    if rule is None:
        return
    assert isinstance(rule, Rule)
    fused = rule.combine(fit.outputs)
    assert fused.shape == (sizes["samples"], sizes["classes"])
    assert bool(((fused >= 0) & (fused <= 1 + 1e-12)).all())
    same(fused.sum(dim=1), torch.ones(sizes["samples"], dtype=torch.float64))


# Greedy selection draws its bags by place, and breaks ties by it; the published code's weights go
# by place; a network's random initial weights do. Places are those of sorted names, so that for
# users nothing depends on an order (see test_fuse.py).
@each(without(SCHEMES, "greedy_selection", "minimizing_loss, published_code", "stacking_mlp"))
@few
@given(sizes=SIZES, data=st.data())
def test_order_of_members_does_not_matter(scheme, sizes, data):
    fit = draw_fit(**sizes)
    order = list(data.draw(st.permutations(range(sizes["members"]))))
    moved = FitData(of_members(fit.outputs, order), fit.labels, fit.groups, fit.seed)
    one, two = rule_or_none(scheme, fit), rule_or_none(scheme, moved)
    if one is None:
        assert two is None
        return
    tolerance = 1e-4 if component_name(scheme) in {"stacking", "learned_per_class"} else 1e-9
    same(one.combine(fit.outputs), two.combine(moved.outputs), tolerance)


# A network's random initial weights go by the place of a class.
@each(without(SCHEMES, "stacking_mlp"))
@few
@given(sizes=SIZES, data=st.data())
def test_class_permutation_commutes(scheme, sizes, data):
    fit = draw_fit(**sizes)
    order = list(data.draw(st.permutations(range(sizes["classes"]))))
    moved = relabelled(fit, order)
    one, two = rule_or_none(scheme, fit), rule_or_none(scheme, moved)
    if one is None:
        assert two is None
        return
    tolerance = 1e-4 if component_name(scheme) in {"stacking", "learned_per_class"} else 1e-9
    same(one.combine(fit.outputs)[:, order], two.combine(moved.outputs), tolerance)


# Weights per class scale a member's classes against each other, and a classifier answers on its
# own terms, so of these nothing of the kind holds.
@each(EVEN_HANDED | PER_MEMBER)
@pytest.mark.parametrize("seed", [0, 1])
def test_one_member_speaks_for_itself(scheme, seed):
    fit = skilled(seed, members=1)
    fused = rule_of(scheme, fit).combine(fit.outputs)
    assert fused.argmax(dim=1).tolist() == fit.probabilities[0].argmax(dim=1).tolist()
    if component_name(scheme) not in {"majority_vote", "evidential"}:
        same(fused, fit.probabilities[0])


@pytest.mark.parametrize("kind", [Weighted, Product, WeightedVote])
@few
@given(sizes=SIZES, place=st.integers(0, 3))
def test_share_zero_is_absent_and_one_is_alone(kind, sizes, place):
    fit = draw_fit(**sizes)
    place %= sizes["members"]
    others = [other for other in range(sizes["members"]) if other != place]
    fewer = of_members(fit.outputs, others)
    shares = {name: 1 / len(others) for name in fewer.members}
    one = rule_of(kind({f"m{place}": 0.0}), fit).combine(fit.outputs)
    left = FitData(fewer, fit.labels, fit.groups)
    same(one, rule_of(kind(shares), left).combine(fewer))
    alone = rule_of(kind({f"m{place}": 1.0}), fit).combine(fit.outputs)
    if kind is WeightedVote:
        assert alone.argmax(dim=1).tolist() == fit.probabilities[place].argmax(dim=1).tolist()
    else:
        same(alone, fit.probabilities[place])


# A member that is certain and wrong may win or lose, but nothing may break.
@each(SCHEMES)
def test_certainty_stays_finite(scheme):
    labels = torch.tensor([0, 1, 2] * 4)
    certain = torch.eye(3, dtype=torch.float64)[torch.tensor([0, 1, 2, 0, 1, 1] * 2)]
    even = torch.full_like(certain, 1 / 3)
    fit = fit_of(torch.stack([certain, certain.roll(1, dims=1), even]), labels, level=1e4)
    fused = rule_of(scheme, fit).combine(fit.outputs)
    assert bool(torch.isfinite(fused).all())
    same(fused.sum(dim=1), torch.ones(12, dtype=torch.float64))


@each(SCHEMES)
def test_the_document_is_plain(scheme):
    fit = skilled()
    before = fit.outputs.logits.clone()
    document = rule_of(scheme, fit).document(fit.outputs)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["per"] in {"member", "class", "sample", "feature"}
    shape = {"member": (3,), "class": (3, 3), "sample": (3, 40), "feature": (3, 3, 3)}
    if component_name(scheme) != "stacking_mlp":
        assert np.shape(document["weights"]) == shape[document["per"]]
    torch.testing.assert_close(fit.outputs.logits, before, rtol=0, atol=0)


@each(FITTED)
def test_a_fit_is_repeatable(scheme):
    one, two = (rule_of(scheme, skilled()).combine(skilled(1).outputs) for _ in range(2))
    torch.testing.assert_close(one, two, rtol=0, atol=0)


@each(FITTED)
def test_a_fit_learns_from_labels(scheme):
    # Otherwise a test that labels do not leak would hold of itself.
    fit = skilled()
    other = FitData(fit.outputs, fit.labels.roll(1), fit.groups)
    one, two = rule_of(scheme, fit), rule_of(scheme, other)
    assert not torch.allclose(one.combine(fit.outputs), two.combine(fit.outputs), atol=1e-6)


@each(UNFITTED)
def test_no_sample_is_needed(scheme):
    fit = skilled()
    nothing = fit.select(np.zeros(40, dtype=bool))
    one, two = rule_of(scheme, fit), rule_of(scheme, nothing)
    same(one.combine(fit.outputs), two.combine(fit.outputs))


@each(PER_MEMBER | PER_CLASS | GIVEN)
@few
@given(sizes=SIZES)
def test_weights_are_shares(scheme, sizes):
    rule = rule_or_none(scheme, draw_fit(**sizes))
    if rule is None:
        return
    values = rule.weights.values
    assert bool((values >= 0).all())
    # The paper's form shares a member's weight among classes, all others share among members.
    by_class = isinstance(scheme, DetectionRate) and scheme.form == "paper"
    sums = values.sum(dim=1 if by_class else 0)
    same(sums, torch.ones_like(sums))


@each(SCHEMES)
def test_what_is_fused_keeps_the_type(scheme):
    fit = skilled(samples=12)
    small = outputs_of(fit.probabilities.float(), level=2.0)
    fused = rule_of(scheme, FitData(small, fit.labels, fit.groups)).combine(small)
    assert fused.dtype == torch.float32
    same(fused.double(), rule_of(scheme, fit).combine(fit.outputs), 1e-3)


def test_weights_alone_are_applied_by_the_linear_pool():
    fit = skilled()
    for scheme in (SCHEMES["mean"], SCHEMES["learned"], SCHEMES["detection_rate"]):
        found = scheme.fit(fit)
        assert isinstance(found, Weights)
        want = linear_pool(fit.probabilities, found)
        same(rule_of(scheme, fit).combine(fit.outputs), want)
