from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import draw_fit, same

from lfx.fusion.outputs import Outputs
from lfx.fusion.schemes.evidential import Evidential, dempster, opinions
from lfx.runtime.errors import ConfigError

few = settings(max_examples=25, deadline=None)
SIZES = {"seed": st.integers(0, 10_000), "members": st.integers(1, 5), "classes": st.integers(2, 4)}
EVIDENCE = {
    "softplus": lambda z: np.log1p(np.exp(z)),
    "relu": lambda z: np.maximum(z, 0),
    "exp": np.exp,
}


def outputs_of_logits(logits):
    members, samples, classes = logits.shape
    names = tuple(f"m{place}" for place in range(members))
    present = torch.ones(members, samples, dtype=torch.bool)
    return Outputs(names, tuple(f"c{place}" for place in range(classes)), logits, present)


def draw(seed, members, classes, samples=4):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(0.5, 2, size=(members, samples, classes)))


def pairwise(alphas):
    """Follow the published code: combine two Dirichlet distributions, then the next with that."""
    combined = alphas[0]
    for alpha in alphas[1:]:
        beliefs, uncertainties = [], []
        classes = alpha.shape[1]
        for one in (combined, alpha):
            strength = one.sum(axis=1, keepdims=True)
            beliefs.append((one - 1) / strength)
            uncertainties.append(classes / strength)
        both = np.einsum("si,sj->sij", *beliefs)
        conflict = both.sum(axis=(1, 2)) - np.einsum("sii->s", both)
        agreed = 1 - conflict[:, None]
        belief = (
            beliefs[0] * beliefs[1] + beliefs[0] * uncertainties[1] + beliefs[1] * uncertainties[0]
        ) / agreed
        uncertainty = uncertainties[0] * uncertainties[1] / agreed
        combined = belief * classes / uncertainty + 1
    return combined


@pytest.mark.parametrize("evidence", EVIDENCE)
@few
@given(**SIZES)
def test_like_the_published_code(evidence, seed, members, classes):
    logits = draw(seed, members, classes)
    alphas = pairwise(EVIDENCE[evidence](logits.numpy()) + 1)
    got = Evidential(evidence).fit(draw_fit()).combine(outputs_of_logits(logits))
    same(got, torch.from_numpy(alphas / alphas.sum(axis=1, keepdims=True)))


@pytest.mark.parametrize("evidence", EVIDENCE)
@few
@given(**SIZES)
def test_opinions(evidence, seed, members, classes):
    logits = draw(seed, members, classes)
    beliefs, uncertainty = opinions(logits, evidence)
    amounts = EVIDENCE[evidence](logits.numpy())
    strength = (amounts + 1).sum(axis=2)
    np.testing.assert_allclose(beliefs, amounts / strength[:, :, None])
    np.testing.assert_allclose(uncertainty, classes / strength)
    same(beliefs.sum(dim=2) + uncertainty, torch.ones(members, 4, dtype=torch.float64))


@few
@given(**SIZES)
def test_dempsters_rule_as_a_sum_over_all_intersections(seed, members, classes):
    # Masses lie on single classes and on the set of all of them.
    beliefs, uncertainty = opinions(draw(seed, members, classes))
    got, left = dempster(beliefs, uncertainty)
    for s in range(4):
        masses = {frozenset(range(classes)): 1.0}
        for m in range(members):
            own = {frozenset([c]): beliefs[m, s, c].item() for c in range(classes)}
            own[frozenset(range(classes))] = uncertainty[m, s].item()
            product: dict[frozenset[int], float] = {}
            for one, weight in masses.items():
                for two, other in own.items():
                    met = one & two
                    product[met] = product.get(met, 0.0) + weight * other
            masses = product
        agreed = 1 - masses.pop(frozenset(), 0.0)
        want = [masses[frozenset([c])] / agreed for c in range(classes)]
        same(got[s], torch.tensor(want, dtype=torch.float64))
        assert left[s].item() == pytest.approx(masses[frozenset(range(classes))] / agreed)


@few
@given(**SIZES)
def test_who_knows_nothing_changes_nothing(seed, members, classes):
    beliefs, uncertainty = opinions(draw(seed, members, classes))
    ignorant = torch.zeros_like(beliefs[:1]), torch.ones_like(uncertainty[:1])
    one = dempster(beliefs, uncertainty)
    two = dempster(
        *(torch.cat(pair) for pair in zip(ignorant, (beliefs, uncertainty), strict=True))
    )
    for a, b in zip(one, two, strict=True):
        same(a, b)


def test_many_certain_members_stay_finite():
    logits = torch.full((400, 2, 3), -1e30, dtype=torch.float64)
    logits[:, 0, 1] = 1e30
    logits[:200, 1, 0], logits[200:, 1, 2] = 1e30, 1e30
    for evidence in EVIDENCE:
        got = Evidential(evidence).fit(draw_fit()).combine(outputs_of_logits(logits))
        np.testing.assert_allclose(got, [[0, 1, 0], [0.5, 0, 0.5]], atol=1e-9)


def test_the_level_of_logits_is_evidence():
    logits = draw(1, 2, 3)
    more = outputs_of_logits(logits + torch.tensor([5.0, 0.0], dtype=torch.float64)[:, None, None])
    rule = Evidential().fit(draw_fit())
    document = rule.document(more)
    known = np.array(document["weights"])
    assert (known[0] > known[1]).all()
    _, uncertainty = opinions(more.logits)
    np.testing.assert_allclose(known, 1 - uncertainty, atol=1e-6)
    assert document["per"] == "sample"
    assert document["note"].startswith("approximation: the members were not trained evidentially")
    assert json.loads(json.dumps(document)) == document


def test_bad_options():
    with pytest.raises(ConfigError, match="evidence: allowed are softplus, relu, exp; got"):
        Evidential("square")
