from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from saying import CALIBRATORS, LEARNING, SCHEMES, UNFITTED, fit_of, rule_of, same, skilled

import lfx.fusion.pipeline
from lfx.fusion.calibration.calibrator import apply, calibrate
from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.calibration.temperature import Temperature
from lfx.fusion.crossfit import folds
from lfx.fusion.outputs import FitData
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.by_sample import Entropy
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss
from lfx.fusion.schemes.stacking import Stacking
from lfx.fusion.weights import Weights
from lfx.runtime.errors import FusionError

each_learning = pytest.mark.parametrize("pipeline", LEARNING.values(), ids=LEARNING.keys())


def grouped(seed=0):
    """Make samples in groups of one to three, of members that are too sure of themselves."""
    fit = skilled(seed, samples=36, skill=0.7)
    groups = np.array([f"g{place // 2 if place < 20 else place}" for place in range(36)])
    overdone = torch.softmax(3 * fit.outputs.logits, dim=2)
    return fit_of(overdone, fit.labels, groups=groups.astype(object), seed=seed)


def test_who_needs_labels():
    for scheme in SCHEMES.values():
        assert Pipeline(NoCalibration(), scheme).needs_fit == scheme.needs_fit
        assert Pipeline(Temperature(), scheme).needs_fit


@pytest.mark.parametrize(
    ("calibrator", "scheme"),
    [
        *((NoCalibration(), scheme) for scheme in SCHEMES.values()),
        *((Temperature(), scheme) for scheme in SCHEMES.values()),
        (CALIBRATORS["vector"], Entropy()),
    ],
    ids=str,
)
def test_first_calibrations_then_the_scheme(calibrator, scheme):
    fit, new = grouped(), skilled(7).outputs
    fitted = Pipeline(calibrator, scheme).fit(fit)
    found = calibrate(calibrator, fit)
    rule = rule_of(scheme, FitData(apply(found, fit.outputs), fit.labels, fit.groups, fit.seed))
    same(fitted.combine(new), rule.combine(apply(found, new)), 1e-12)
    assert fitted.document(new) == rule.document(apply(found, new))
    assert list(fitted.calibrations) == (list(fit.members) if found else [])
    if found:
        assert any(one.kept for one in found.values())


def test_weights_are_told_of_what_is_calibrated():
    # Entropy weighs what the pool sees: the calibrated members.
    fit = grouped()
    fitted = Pipeline(Temperature(), Entropy()).fit(fit)
    weights = torch.tensor(fitted.document(fit.outputs)["weights"]).double()
    said = apply(fitted.calibrations, fit.outputs).probabilities
    same(fitted.combine(fit.outputs), (weights[:, :, None] * said).sum(dim=0), 1e-4)


def cross_fused(pipeline, fit, count):
    """Fuse each sample by the fit that has not seen its group."""
    scores = torch.full_like(fit.outputs.logits[0], torch.nan)
    for fitted, groups in pipeline.cross_fit(fit, count):
        held = np.array([group in groups for group in fit.groups])
        scores[held] = fitted.combine(fit.select(held).outputs)
    return scores


@each_learning
def test_cross_fitting_like_a_naive_loop(pipeline):
    fit = grouped()
    got = cross_fused(pipeline, fit, 3)
    labels = fit.labels.numpy()
    for train, held in folds(labels, fit.groups, 3, fit.seed):
        assert not set(fit.groups[train]) & set(fit.groups[held])
        part = FitData(
            fit.outputs.select(torch.tensor(train)), fit.labels[train], fit.groups[train]
        )
        want = pipeline.fit(part).combine(fit.outputs)
        same(got[held], want[held], 1e-12)


@each_learning
def test_no_row_sees_its_own_label(pipeline, monkeypatch):
    # A label decides, with all others, which fold its sample is dealt to; that is held fixed.
    fit = grouped()
    parts = folds(fit.labels.numpy(), fit.groups, 4, fit.seed)
    monkeypatch.setattr(lfx.fusion.pipeline, "folds", lambda *_: parts)
    before = cross_fused(pipeline, fit, 4)
    for place, (train, held) in enumerate(parts[:2]):
        labels = fit.labels.clone()
        labels[held] = (labels[held] + 1 + place % 2) % 3
        after = cross_fused(pipeline, replace(fit, labels=labels), 4)
        assert torch.equal(after[held], before[held])
        assert not torch.equal(after[train], before[train])  # others have learnt from them


@each_learning
def test_one_label_changes_nothing_about_its_own_sample(pipeline, monkeypatch):
    fit = grouped()
    parts = folds(fit.labels.numpy(), fit.groups, 3, fit.seed)
    monkeypatch.setattr(lfx.fusion.pipeline, "folds", lambda *_: parts)
    before = cross_fused(pipeline, fit, 3)
    for sample in (1, 35):
        labels = fit.labels.clone()
        labels[sample] = (labels[sample] + 1) % 3
        after = cross_fused(pipeline, replace(fit, labels=labels), 3)
        group = fit.groups == fit.groups[sample]
        assert torch.equal(after[group], before[group])


def test_as_many_folds_as_groups_at_the_most():
    fit = skilled(samples=6)
    fit = fit_of(fit.probabilities, fit.labels, groups=np.array(list("aabbcc"), dtype=object))
    got = cross_fused(Pipeline(Temperature(), Mean()), fit, 5)
    same(got.sum(dim=1), torch.ones(6, dtype=torch.float64))
    alone = fit_of(fit.probabilities, fit.labels, groups=np.full(6, "a", dtype=object))
    assert Pipeline(Temperature(), Mean()).cross_fit(alone, 5) == []


def test_a_fold_without_which_nothing_can_be_fitted():
    # All of the second class lies in one group.
    fit = skilled(samples=12)
    labels = torch.zeros(12, dtype=torch.int64)
    labels[:2] = 1
    groups = np.array(["a", "a", *"bcdefghijk"], dtype=object)
    message = r"without fold \d of 5 of the fit split: .* samples of class c0 only.*fit_folds=1"
    with pytest.raises(FusionError, match=message):
        Pipeline(NoCalibration(), Stacking()).cross_fit(
            fit_of(fit.probabilities, labels, groups=groups), 5
        )
    wrong = fit_of(torch.eye(2).double()[[0, 0, 0]][None], torch.tensor([1, 1, 0]))
    with pytest.raises(FusionError, match=r"without fold \d of 3 of .*accuracy is 0 .*fit_folds=1"):
        Pipeline(NoCalibration(), MinimizingLoss()).cross_fit(wrong, 5)


@pytest.mark.parametrize("scheme", UNFITTED.values(), ids=UNFITTED.keys())
def test_nothing_is_learnt_without_need(scheme):
    fit = grouped()
    other = replace(fit, labels=fit.labels.roll(3))
    one, two = (Pipeline(NoCalibration(), scheme).fit(some) for some in (fit, other))
    assert torch.equal(one.combine(fit.outputs), two.combine(fit.outputs))


@pytest.mark.parametrize("returned", [None, torch.ones(3), [0.5, 0.5]])
def test_a_fit_that_returns_neither_weights_nor_a_rule(returned):
    class Odd:
        needs_fit = True

        def fit(self, _fit):
            return returned

    with pytest.raises(FusionError, match=r"Odd\.fit must return lfx\.Weights, or a rule with"):
        Pipeline(NoCalibration(), Odd()).fit(skilled(0))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.ones(2), r"returned weights per member of shape \(2,\); .* need \(3,\)"),
        ([1.0, 1.0, 1.0], "weights must be a torch.Tensor, got a list"),
        (np.ones(3), "weights must be a torch.Tensor, got a ndarray"),
    ],
)
def test_weights_that_do_not_fit_the_members(values, message):
    class Odd:
        needs_fit = True

        def fit(self, _fit):
            return Weights("member", values)

    with pytest.raises(FusionError, match=message):
        Pipeline(NoCalibration(), Odd()).fit(skilled(0))


def test_weights_per_class_that_do_not_fit_the_classes():
    class Odd:
        needs_fit = True

        def fit(self, fit):
            return Weights("class", torch.ones(len(fit.members), 7))

    with pytest.raises(FusionError, match=r"per class of shape \(3, 7\)"):
        Pipeline(NoCalibration(), Odd()).fit(skilled(0))
