from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import CALIBRATORS, draw_fit, fit_of, lacking, relabelled, same, skilled
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, logsumexp

from lfx.fusion.calibration.calibrator import Affine, Calibrator, apply, calibrate
from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.calibration.temperature import Temperature
from lfx.fusion.calibration.vector import Vector
from lfx.fusion.crossfit import folds
from lfx.runtime.settings import component_name

few = settings(max_examples=20, deadline=None)
each_calibrator = pytest.mark.parametrize("calibrator", CALIBRATORS.values(), ids=CALIBRATORS)
LIMIT = np.log(20)


def draw(seed, samples, classes, scale=1.0, level=0.0, skill=1.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, size=samples)
    logits = scale * (rng.normal(size=(samples, classes)) + skill * np.eye(classes)[labels])
    return torch.from_numpy(logits + level), torch.from_numpy(labels)


def loss(logits, labels):
    return -log_softmax(logits, axis=1)[range(len(labels)), labels].mean()


@few
@given(
    seed=st.integers(0, 10_000),
    samples=st.integers(1, 60),
    classes=st.integers(2, 5),
    scale=st.floats(-3, 2),
    level=st.sampled_from([0.0, -30.0, 1e5]),
    skill=st.sampled_from([-2.0, 0.0, 2.0]),
)
def test_temperature_like_a_scalar_optimiser(seed, samples, classes, scale, level, skill):
    logits, labels = draw(seed, samples, classes, 10**scale, level, skill)
    affine = Temperature().fit(logits, labels)
    raw = logits.numpy() - level

    def at(log_beta):
        return loss(np.exp(log_beta) * raw, labels)

    found = minimize_scalar(at, bounds=(-LIMIT, LIMIT), method="bounded", options={"xatol": 1e-9})
    beta = affine.scale[0].item()
    assert affine.scale.tolist() == [beta] * classes
    assert affine.shift.tolist() == [0] * classes
    assert 1 / 20 <= beta <= 20
    # Far out, where loss is flat, temperatures may differ, but losses do not.
    assert at(np.log(beta)) <= found.fun + 1e-8 * (1 + found.fun)


def test_temperature_is_bounded():
    eye = torch.eye(3, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2])
    assert Temperature().fit(eye, labels).scale[0].item() == pytest.approx(20)
    assert Temperature().fit(eye.roll(1, dims=1), labels).scale[0].item() == pytest.approx(1 / 20)


@pytest.mark.parametrize(("seed", "classes", "skill"), [(0, 2, 1.0), (1, 3, 2.0), (2, 4, 0.0)])
def test_vector_like_another_optimiser(seed, classes, skill):
    logits, labels = draw(seed, 80, classes, skill=skill)
    logits = logits * torch.linspace(0.5, 2, classes) + torch.linspace(-1, 1, classes)
    centred = (logits - logits.mean(dim=1, keepdim=True)).numpy()

    def at(point):
        scales, shifts = np.exp(point[:classes]), point[classes:]
        return loss(centred * scales + shifts, labels)

    bounds = [(-LIMIT, LIMIT)] * classes + [(-5, 5)] * classes
    found = minimize(at, np.zeros(2 * classes), method="SLSQP", bounds=bounds, tol=1e-12)
    affine = Vector().fit(logits, labels)
    ours = at(np.concatenate([affine.scale.log().numpy(), affine.shift.numpy()]))
    assert ours == pytest.approx(found.fun, abs=1e-7)
    assert loss(affine.apply(logits).numpy(), labels) == pytest.approx(ours)
    assert ours < at(np.zeros(2 * classes)) - 1e-3
    assert affine.shift.sum().item() == pytest.approx(0, abs=1e-9)
    assert ours <= loss(Temperature().fit(logits, labels).apply(logits).numpy(), labels) + 1e-9


@each_calibrator
@few
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 5), scale=st.floats(-3, 3))
def test_bounds_hold_where_classes_are_separable(calibrator, seed, classes, scale):
    # As much certainty as there can be, and all for one class as often as not.
    labels = torch.arange(12) % classes if seed % 2 else torch.zeros(12, dtype=torch.int64)
    right = torch.nn.functional.one_hot(labels, classes).double() * 10**scale
    logits = right + 1e-3 * draw(seed, 12, classes)[0]
    affine = calibrator.fit(logits, labels)
    assert bool((affine.scale >= 1 / 20 - 1e-12).all())
    assert bool((affine.scale <= 20 + 1e-9).all())
    assert bool((affine.shift.abs() <= 10).all())
    assert affine.shift.sum().item() == pytest.approx(0, abs=1e-9)
    assert loss(affine.apply(logits).numpy(), labels) <= loss(logits.numpy(), labels) + 1e-12


@each_calibrator
def test_levels_do_not_matter(calibrator):
    logits, labels = draw(3, 100, 3)
    one = calibrator.fit(logits, labels)
    level = torch.from_numpy(np.random.default_rng(0).normal(20, 30, (100, 1)))
    two = calibrator.fit(logits + level, labels)
    same(one.scale, two.scale, 1e-5)
    same(one.shift, two.shift, 1e-5)
    said = torch.softmax(one.apply(logits), dim=1)
    same(torch.softmax(one.apply(logits + level), dim=1), said)


@each_calibrator
@few
@given(seed=st.integers(0, 1000), order=st.permutations(range(3)))
def test_class_permutation_commutes(calibrator, seed, order):
    fit = draw_fit(seed, samples=30, skill=1.0)
    moved = relabelled(fit, list(order))
    one, two = (calibrator.fit(some.outputs.logits[0], some.labels) for some in (fit, moved))
    same(one.scale[list(order)], two.scale, 1e-4)
    same(one.shift[list(order)], two.shift, 1e-4)


def test_affine():
    affine = Affine(torch.tensor([2.0, 0.5]).double(), torch.tensor([1.0, -1.0]).double())
    # The level is 4, the mean scale 1.25: (3 - 4) · 2 + 4 · 1.25 + 1 and (5 - 4) · 0.5 + 5 - 1.
    got = affine.apply(torch.tensor([[[3.0, 5.0]]], dtype=torch.float64))
    assert got.tolist() == [[[4.0, 4.5]]]
    # One scale for all classes is what dividing by a temperature means, energies included.
    logits, _ = draw(0, 20, 3, level=7.0)
    affine = Affine(torch.full((3,), 0.25).double(), torch.zeros(3).double())
    same(affine.apply(logits), logits / 4)
    energies = 4 * logsumexp(affine.apply(logits).numpy(), axis=1)
    np.testing.assert_allclose(energies, 4 * logsumexp(logits.numpy() / 4, axis=1))
    assert affine.apply(logits.float()).dtype == torch.float32


@each_calibrator
@pytest.mark.parametrize("grouped", [False, True])
def test_what_is_kept_lowers_log_loss_on_other_folds(calibrator, grouped):
    kept = []
    for seed in range(4):
        # Folds of unequal size, 32 samples in all.
        fit = draw_fit(seed, members=3, samples=32, skill=0.4 * seed)
        groups = np.array([f"g{place // 3 if grouped else place}" for place in range(32)])
        fit = fit_of(fit.probabilities, fit.labels, groups=groups, seed=seed)
        found = calibrate(calibrator, fit)
        assert list(found) == ["m0", "m1", "m2"]
        for own, one in zip(fit.outputs.logits, found.values(), strict=True):
            held = np.empty((32, 3))
            for train, rest in folds(fit.labels.numpy(), groups, 5, seed):
                affine = calibrator.fit(own[train], fit.labels[train])
                held[rest] = affine.apply(own[rest])
            assert one.before == pytest.approx(loss(own.numpy(), fit.labels))
            assert one.after == pytest.approx(loss(held, fit.labels))
            assert one.kept == (one.after < one.before)
            want = calibrator.fit(own, fit.labels) if one.kept else NoCalibration().fit(own, None)
            assert torch.equal(one.affine.scale, want.scale)
            assert torch.equal(one.affine.shift, want.shift)
            kept.append(one.kept)
    assert {True, False} == set(kept)


@each_calibrator
def test_what_helps_on_its_own_samples_only_is_not_kept(calibrator):
    # Logits that are calibrated already: any change is an adaptation to chance.
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(1, 15, 3))
    labels = [rng.choice(3, p=np.exp(row) / np.exp(row).sum()) for row in logits[0]]
    fit = fit_of(torch.softmax(torch.from_numpy(logits), dim=2), torch.tensor(labels))
    (one,) = calibrate(calibrator, fit).values()
    affine = calibrator.fit(fit.outputs.logits[0], fit.labels)
    assert loss(affine.apply(fit.outputs.logits[0]).numpy(), labels) < one.before
    assert not one.kept
    assert apply({"m0": one}, fit.outputs) is fit.outputs


def test_too_few_samples_for_folds():
    fit = draw_fit(samples=8)
    fit = fit_of(fit.probabilities, fit.labels, groups=np.full(8, "g", dtype=object))
    for one in calibrate(Temperature(), fit).values():
        assert (one.kept, one.after) == (False, None)
        assert json.loads(json.dumps(one.document()))["nll_after"] is None


def test_each_member_has_its_own():
    fit = skilled(skill=1.0, samples=60)
    logits = fit.outputs.logits * torch.tensor([1.0, 9.0, 0.2]).double()[:, None, None]
    fit = fit.calibrated(logits)
    found = calibrate(Temperature(), fit)
    assert [one.kept for one in found.values()] == [False, True, True]
    scales = [one.affine.scale[0].item() for one in found.values()]
    assert scales[1] < 0.5
    assert scales[2] > 2
    some = lacking(fit.outputs, (1, 3), (2, 5))
    got = apply(found, some).logits
    assert got[1, 3].tolist() == got[2, 5].tolist() == [0, 0, 0]
    assert torch.equal(got[0], logits[0])  # to the last bit, as nothing was kept
    for member, (own, one) in enumerate(zip(logits, found.values(), strict=True)):
        there = some.present[member]
        same(got[member, there], (own * scales[member])[there])
        assert one.document() == {
            "kept": one.kept,
            "scale": one.affine.scale.tolist(),
            "shift": [0.0, 0.0, 0.0],
            "nll_before": one.before,
            "nll_after": one.after,
        }


@each_calibrator
def test_absent_members_still_say_nothing(calibrator):
    fit = skilled(skill=0.5, samples=60)
    fit = fit.calibrated(9 * fit.outputs.logits)
    found = calibrate(calibrator, fit)
    assert found["m1"].kept
    some = lacking(fit.outputs, (1, 3), (1, 5))
    got = apply(found, some)
    assert torch.equal(got.present, some.present)
    assert got.logits[1, [3, 5]].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_no_calibration():
    fit = skilled()
    assert calibrate(NoCalibration(), fit) == {}
    assert apply({}, fit.outputs) is fit.outputs
    affine = NoCalibration().fit(fit.outputs.logits[0], fit.labels)
    same(affine.apply(fit.outputs.logits), fit.outputs.logits)
    assert not NoCalibration().needs_fit
    for name, calibrator in CALIBRATORS.items():
        assert isinstance(calibrator, Calibrator)
        assert component_name(calibrator) == name
