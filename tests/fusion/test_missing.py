"""Samples that some members lack are fused from what the others say."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import (
    EVEN_HANDED,
    GIVEN,
    PER_CLASS,
    PER_MEMBER,
    SCHEMES,
    STACKED,
    lacking,
    of_members,
    outputs_of,
    rule_of,
    same,
    skilled,
)

from lfx.fusion.outputs import FitData
from lfx.fusion.pools import linear_pool, logarithmic_pool, maximum_pool, vote_pool
from lfx.fusion.schemes.product import Product
from lfx.fusion.weights import Weights
from lfx.runtime.settings import component_name

POOLS = {
    "linear": linear_pool,
    "logarithmic": logarithmic_pool,
    "vote": vote_pool,
    "maximum": maximum_pool,
}
CASES = [("linear", "class"), *itertools.product(POOLS, ("member", "sample"))]
# Sample 3 lacks member 1, sample 5 member 0, sample 8 all but member 2.
ABSENT = [(1, 3), (0, 5), (0, 8), (1, 8)]
LEFT = {3: [0, 2], 5: [1, 2], 8: [2]}
few = settings(max_examples=20, deadline=None)


def each(schemes):
    return pytest.mark.parametrize("scheme", schemes.values(), ids=schemes.keys())


def draw(seed, per):
    rng = np.random.default_rng(seed)
    members, samples, classes = rng.integers(1, 5), rng.integers(1, 6), rng.integers(2, 5)
    said = torch.from_numpy(rng.dirichlet(np.full(classes, 0.5), size=(members, samples)))
    shape = {"member": (members,), "class": (members, classes), "sample": (members, samples)}[per]
    weights = rng.uniform(0.05, 1, size=shape)
    present = rng.random((members, samples)) < 0.5
    present[rng.integers(0, members, size=samples), range(samples)] = True
    return said, torch.from_numpy(weights), torch.from_numpy(present)


@pytest.mark.parametrize(("pool", "per"), [case for case in CASES if case[1] != "class"])
@few
@given(seed=st.integers(0, 10_000))
def test_the_others_count_as_if_they_were_all(pool, per, seed):
    said, weights, present = draw(seed, per)
    got = POOLS[pool](said, Weights(per, weights), present)
    for sample in range(said.shape[1]):
        there = present[:, sample]
        own = weights[there] if per == "member" else weights[there, sample : sample + 1]
        same(
            got[sample],
            POOLS[pool](said[there, sample : sample + 1], Weights(per, own))[0],
        )


@few
@given(seed=st.integers(0, 10_000))
def test_weights_per_class_keep_what_they_give_to_a_class(seed):
    said, weights, present = draw(seed, "class")
    got = linear_pool(said, Weights("class", weights), present)
    members, samples, classes = said.shape
    for s in range(samples):
        there = [m for m in range(members) if present[m, s]]
        row = []
        for c in range(classes):
            wanted = math.fsum(weights[m, c].item() for m in range(members))
            left = math.fsum(weights[m, c].item() for m in there)
            row.append(sum(weights[m, c] / left * wanted * said[m, s, c] for m in there).item())
        want = torch.tensor(row, dtype=torch.float64)
        same(got[s], want / want.sum())


@pytest.mark.parametrize(("pool", "per"), CASES)
def test_members_share_the_weight_of_those_that_lack_a_sample(pool, per):
    said, _, _ = draw(3, per)
    said = said[:1].repeat(3, 1, 1).roll(1, dims=2) if len(said) < 3 else said[:3]
    samples, classes = said.shape[1:]
    shape = {"member": (3,), "class": (3, classes), "sample": (3, samples)}[per]
    for least in (0.0, 5e-324):
        weights = torch.full(shape, least, dtype=torch.float64)
        weights[0] = 1
        present = torch.ones(3, samples, dtype=torch.bool)
        present[0, 0] = False
        got = POOLS[pool](said, Weights(per, weights), present)
        even = Weights("member", torch.ones(2, dtype=torch.float64))
        same(got[0], POOLS[pool](said[1:], even)[0])
        same(got[1:], POOLS[pool](said, Weights(per, weights))[1:])


@pytest.mark.parametrize(("pool", "per"), CASES)
@pytest.mark.parametrize(
    "present",
    [
        torch.ones(2, 1, dtype=torch.bool),
        torch.ones(1, 3, dtype=torch.bool),
        torch.ones(2, dtype=torch.bool),
        torch.ones(2, 3),
    ],
    ids=lambda present: f"{tuple(present.shape)} {present.dtype}",
)
def test_presence_must_fit(pool, per, present):
    said = torch.full((2, 3, 4), 0.25, dtype=torch.float64)
    shape = {"member": (2,), "class": (2, 4), "sample": (2, 3)}[per]
    with pytest.raises(ValueError, match=r"present must be bool of shape \(2, 3\); got torch\."):
        POOLS[pool](said, Weights(per, torch.ones(shape)), present)


@each(SCHEMES)
@pytest.mark.parametrize("seed", [0, 1])
def test_other_samples_stay_as_they_are(scheme, seed):
    fit = skilled(seed)
    rule = rule_of(scheme, fit)
    whole, some = rule.combine(fit.outputs), rule.combine(lacking(fit.outputs, *ABSENT))
    others = [sample for sample in range(40) if sample not in LEFT]
    torch.testing.assert_close(some[others], whole[others], rtol=0, atol=1e-15)
    assert bool(torch.isfinite(some).all())
    same(some.sum(dim=1), torch.ones(40, dtype=torch.float64))


@each(SCHEMES)
def test_what_an_absent_member_might_have_said_is_never_read(scheme):
    fit = skilled()
    rule = rule_of(scheme, fit)
    some = lacking(fit.outputs, *ABSENT)
    there = some.present[:, :, None]
    other = some.with_logits(torch.where(there, some.logits, torch.tensor([9.0, -3.0, 4.0])))
    same(rule.combine(other), rule.combine(some))


@each(EVEN_HANDED)
@pytest.mark.parametrize("seed", [0, 1])
def test_schemes_without_weights_of_their_own_do_as_without_the_member(scheme, seed):
    fit = skilled(seed)
    got = rule_of(scheme, fit).combine(lacking(fit.outputs, *ABSENT))
    for sample, places in LEFT.items():
        fewer = of_members(fit.outputs, places)
        left = FitData(fewer, fit.labels, fit.groups)
        same(got[sample], rule_of(scheme, left).combine(fewer)[sample])


@each(PER_MEMBER | {name: GIVEN[name] for name in ("weighted", "product, weighted")})
def test_weights_per_member_are_renormalised(scheme):
    fit = skilled()
    rule = rule_of(scheme, fit)
    got = rule.combine(lacking(fit.outputs, *ABSENT))
    weights, said = rule.weights.values, fit.probabilities
    for sample, places in LEFT.items():
        total = sum(weights[place] for place in places)
        parts = [weights[place] / total for place in places]
        if not total > 0:
            parts = [torch.tensor(1 / len(places))] * len(places)
        if isinstance(scheme, Product):
            want = torch.stack([said[m, sample] ** w for m, w in zip(places, parts, strict=True)])
            want = want.prod(dim=0)
        else:
            want = sum(w * said[m, sample] for m, w in zip(places, parts, strict=True))
        same(got[sample], want / want.sum())


def test_a_vote_is_among_those_who_are_there():
    # m0 has 0.5, m1 and m2 0.25 each; they disagree with m0.
    said = torch.tensor([[[0.9, 0.1]] * 3, [[0.2, 0.8]] * 3, [[0.4, 0.6]] * 3], dtype=torch.float64)
    outputs = lacking(outputs_of(said), (0, 1), (1, 2))
    scheme = GIVEN["weighted_vote"]
    rule = rule_of(scheme, FitData(outputs, torch.zeros(3).long(), np.arange(3)))
    got = rule.combine(outputs)  # shares 0.4, 0.3, 0.3
    want = torch.tensor([[0.4, 0.6], [0, 1], [4 / 7, 3 / 7]], dtype=torch.float64)
    same(got, want)


@each(PER_CLASS)
def test_weights_per_class_are_renormalised_class_by_class(scheme):
    fit = skilled()
    rule = rule_of(scheme, fit)
    got = rule.combine(lacking(fit.outputs, *ABSENT))
    weights, said = rule.weights.values.numpy(), fit.probabilities.numpy()
    for sample, places in LEFT.items():
        wanted = weights.sum(axis=0) / weights[places].sum(axis=0)
        want = (weights[places] * wanted * said[places, sample]).sum(axis=0)
        same(got[sample], torch.from_numpy(want / want.sum()))


@each(STACKED)
def test_a_stacked_classifier_reads_the_mean_of_the_others(scheme):
    fit = skilled()
    rule = rule_of(scheme, fit)
    got = rule.combine(lacking(fit.outputs, *ABSENT))
    for sample, places in LEFT.items():
        logs = np.log(fit.probabilities[:, sample].numpy())
        logs -= logs.mean(axis=1, keepdims=True)
        stand_in = logs[places].mean(axis=0)
        read = [logs[m] if m in places else stand_in for m in range(3)]
        want = rule.model.predict_proba(np.concatenate(read)[None])[0]
        same(got[sample], torch.from_numpy(want))


BY_SAMPLE = ("entropy", "energy", "distribution_uncertainty", "evidential")


@each({name: EVEN_HANDED[name] for name in BY_SAMPLE})
def test_the_document_gives_absent_members_nothing(scheme):
    fit = skilled()
    document = rule_of(scheme, fit).document(lacking(fit.outputs, *ABSENT))
    weights = np.array(document["weights"])
    assert {(m, s) for m, s in zip(*np.nonzero(weights == 0), strict=True)} == set(ABSENT)
    if component_name(scheme) != "evidential":  # which tells what each member knows, not shares
        np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-5)
