from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import draw_fit, fit_of, outputs_of, rule_of, same
from scipy.special import logsumexp, softmax

from lfx.fusion.outputs import Outputs
from lfx.fusion.schemes.by_sample import (
    DistributionUncertainty,
    Energy,
    Entropy,
    entropies,
    uniformity,
)
from lfx.runtime.errors import ConfigError

few = settings(max_examples=20, deadline=None)
SIZES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "members": st.integers(2, 4),
        "samples": st.integers(1, 8),
        "classes": st.integers(2, 4),
    }
)


def fused_by(scheme, outputs):
    """Fuse, and give the weights as they are told."""
    rule = scheme.fit(draw_fit())
    return rule.combine(outputs), torch.tensor(rule.document(outputs)["weights"])


def shifted(fit, seed):
    """Add a level, per member and sample, that softmax does not see."""
    members, samples, _ = fit.outputs.logits.shape
    level = torch.from_numpy(np.random.default_rng(seed).normal(2, 3, (members, samples, 1)))
    return fit.outputs.with_logits(fit.outputs.logits + level)


@few
@given(sizes=SIZES)
def test_entropies_and_uniformity_like_others(sizes):
    said = draw_fit(**sizes).probabilities
    same(entropies(said), torch.from_numpy(scipy.stats.entropy(said.numpy(), axis=2)))
    classes = sizes["classes"]
    want = [
        [sum(abs(p - 1 / classes) for p in row) / classes for row in member]
        for member in said.tolist()
    ]
    same(uniformity(said), torch.tensor(want, dtype=torch.float64))


def test_the_extremes_of_entropy_and_uniformity():
    said = torch.tensor([[1.0, 0, 0, 0], [0.25] * 4], dtype=torch.float64)
    same(entropies(said), torch.tensor([0, np.log(4)], dtype=torch.float64))
    same(uniformity(said), torch.tensor([2 * 3 / 16, 0], dtype=torch.float64))


@few
@given(sizes=SIZES)
def test_entropy_like_the_formula(sizes):
    fit = draw_fit(**sizes)
    weights = 1 / scipy.stats.entropy(fit.probabilities.numpy(), axis=2)
    weights /= weights.sum(axis=0)
    got, told = fused_by(Entropy(), shifted(fit, sizes["seed"]))
    same(got, torch.from_numpy((weights[:, :, None] * fit.probabilities.numpy()).sum(axis=0)))
    np.testing.assert_allclose(told, weights, atol=2e-6)


def test_who_is_certain_outvoices_all_others():
    sure, even = [0.0, 1.0, 0.0], [0.4, 0.3, 0.3]
    said = torch.tensor([[sure, sure], [even, [1.0, 0.0, 0.0]]], dtype=torch.float64)
    got, told = fused_by(Entropy(), outputs_of(said))
    assert got[0, 1].item() == pytest.approx(1)
    # Two that are certain of different things are worth the same.
    assert got[1].tolist() == pytest.approx([0.5, 0.5, 0])
    assert told[:, 1].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@few
@given(sizes=SIZES)
def test_energy_like_the_published_formula(temperature, sizes):
    outputs = shifted(draw_fit(**sizes), sizes["seed"])
    logits = outputs.logits.numpy()
    certain = np.maximum(temperature * logsumexp(logits / temperature, axis=2), 0)
    certain[:, certain.sum(axis=0) == 0] = 1
    weights = certain / certain.sum(axis=0)
    want = softmax((weights[:, :, None] * logits).sum(axis=0), axis=1)
    got, told = fused_by(Energy(temperature), outputs)
    # QMF sums the logits as they are weighted, without dividing by the sum of weights.
    summed = (certain[:, :, None] * logits).sum(axis=0)
    assert got.argmax(dim=1).tolist() == summed.argmax(axis=1).tolist()
    same(got, torch.from_numpy(want))
    np.testing.assert_allclose(told, weights, atol=2e-6)


def test_a_fused_artifact_has_no_energy():
    # Its logits are logarithms of probabilities, in float32; those of the other have a level.
    said = draw_fit(5, samples=50).probabilities
    fused = said[0].log().float().double()
    other = said[1].log() + 4
    classes = ("c0", "c1", "c2")
    present = torch.ones(2, 50, dtype=torch.bool)
    both = Outputs(("m0", "m1"), classes, torch.stack([fused, other]), present)
    rule = Energy().fit(draw_fit())
    same(rule.combine(both), said[1])
    assert rule.document(both)["note"] == "no weight on any sample: m0"
    # Where no one has any, all count the same.
    none = Outputs(("m0", "m1"), classes, torch.stack([fused, said[1].log()]), present)
    mean = (said[0].sqrt() * said[1].sqrt()).double()
    same(rule.combine(none), mean / mean.sum(dim=1, keepdim=True), 1e-6)


def test_energy_has_no_sign():
    # Whatever is certain to less than nothing counts as nothing.
    logits = torch.tensor([[[-3.0, -5.0]], [[1.0, 2.0]]], dtype=torch.float64)
    outputs = Outputs(("a", "b"), ("x", "y"), logits, torch.ones(2, 1, dtype=torch.bool))
    same(Energy().fit(draw_fit()).combine(outputs), torch.softmax(logits[1], dim=1))


@few
@given(sizes=SIZES)
def test_distribution_uncertainty_of_two_members_like_the_published_code(sizes):
    fit = draw_fit(**(sizes | {"members": 2}))
    outputs = shifted(fit, sizes["seed"])
    txt, img = fit.probabilities.numpy()
    txt_logits, img_logits = outputs.logits.numpy()
    # The true class probability, which PDF predicts, is stood for by the largest one.
    txt_tcp, img_tcp = txt.max(axis=1), img.max(axis=1)
    txt_holo = np.log(img_tcp) / np.log(txt_tcp * img_tcp)
    img_holo = np.log(txt_tcp) / np.log(txt_tcp * img_tcp)
    txt_cb, img_cb = txt_tcp + txt_holo, img_tcp + img_holo
    classes = txt.shape[1]
    txt_du = np.mean(np.abs(txt - 1 / classes), axis=1)
    img_du = np.mean(np.abs(img - 1 / classes), axis=1)
    txt_rc = np.where(txt_du > img_du, 1, txt_du / img_du)
    img_rc = np.where(img_du > txt_du, 1, img_du / txt_du)
    weights = softmax(np.stack([txt_cb * txt_rc, img_cb * img_rc]), axis=0)
    summed = weights[0][:, None] * txt_logits + weights[1][:, None] * img_logits
    got, told = fused_by(DistributionUncertainty(), outputs)
    assert got.argmax(dim=1).tolist() == summed.argmax(axis=1).tolist()
    same(got, torch.from_numpy(softmax(summed, axis=1)))
    np.testing.assert_allclose(told, weights, atol=2e-6)


@few
@given(sizes=SIZES)
def test_distribution_uncertainty_of_many_like_a_naive_loop(sizes):
    fit = draw_fit(**sizes)
    members = range(sizes["members"])
    got, told = fused_by(DistributionUncertainty(), fit.outputs)
    for s in range(sizes["samples"]):
        said = fit.probabilities[:, s].numpy()
        k = [said[m].max() for m in members]
        du = [np.abs(said[m] - 1 / sizes["classes"]).sum() for m in members]
        belief = []
        for m in members:
            others = [j for j in members if j != m]
            holo = sum(np.log(k[j]) for j in others) / sum(np.log(k[j]) for j in members)
            relative = du[m] / (sum(du[j] for j in others) / len(others))
            belief.append((k[m] + holo) * min(1, relative))
        weights = np.exp(belief) / np.exp(belief).sum()
        np.testing.assert_allclose(told[:, s], weights, atol=2e-6)
        want = np.prod(said ** weights[:, None], axis=0)
        same(got[s], torch.from_numpy(want / want.sum()))


def test_distribution_uncertainty_of_certain_and_of_undecided_members():
    sure, even = [1.0, 0.0, 0.0], [1 / 3] * 3
    said = torch.tensor([[sure, sure, even], [sure, even, even]], dtype=torch.float64)
    got, told = fused_by(DistributionUncertainty(), outputs_of(said))
    assert told[:, 0].tolist() == told[:, 2].tolist() == [0.5, 0.5]
    # (1 + 1) · 1 against (1/3 + 0) · 0.
    assert told[0, 1].item() == pytest.approx(np.exp(2) / (np.exp(2) + 1), abs=2e-6)
    assert got[2].tolist() == pytest.approx(even)
    assert bool(torch.isfinite(got).all())


@pytest.mark.parametrize("temperature", [0, 1e-4, -1.0, float("nan"), True, "warm"])
def test_bad_temperatures(temperature):
    with pytest.raises(ConfigError, match=r"^temperature( must be|: a finite number)"):
        Energy(temperature)


def test_temperatures_that_leave_nothing():
    with pytest.raises(ConfigError, match=r"temperature must be .* at most 1000000\.0"):
        Energy(1e308)


def test_labels_are_not_looked_at():
    fit = draw_fit(2)
    other = fit_of(fit.probabilities, fit.labels.roll(1))
    for scheme in (Entropy(), Energy(), DistributionUncertainty()):
        one, two = rule_of(scheme, fit), rule_of(scheme, other)
        assert torch.equal(one.combine(fit.outputs), two.combine(fit.outputs))
