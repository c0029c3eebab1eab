"""Without labelled test samples `val` or `oof` is reported, although it may be fitted on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from saying import LEARNING, UNFITTED, run

from lfx.fusion.late_fusion import LateFusion
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.stacking import Stacking
from lfx.runtime.errors import FusionError

each_learning = pytest.mark.parametrize("pipeline", LEARNING.values(), ids=LEARNING.keys())
ORACLE = "oracle (any member right)"


@pytest.fixture(scope="session")
def untested(several):
    return {name: one.select(one.rows("val")) for name, one in several.items()}


@each_learning
def test_a_cross_fitted_fusion_is_reported_on_what_it_is_fitted_on(several, untested, pipeline):
    result = run(untested, pipeline, fit_folds=2)
    assert list(result.metrics) == ["val"]
    assert not result.leaky
    assert result.weights_document["fit_folds"] == 2
    # With a test split its scores on val are the same.
    assert result.metrics["val"] == run(several, pipeline, fit_folds=2).metrics["val"]
    # The baselines are there, although they are chosen where they are scored.
    assert list(result.baselines)[1:] == ["best member (m0)", "mean", ORACLE]


@each_learning
def test_a_fit_in_sample_is_marked_as_a_leak(untested, pipeline):
    result = run(untested, pipeline, fit_folds=1)
    assert result.leaky
    assert result.metrics["leaky"] is True
    assert result.predictions.metadata.leaky
    assert result.weights_document["leaky"] is True


def test_too_few_groups_for_folds_are_a_fit_in_sample(untested):
    one = np.full(40, "g", dtype=object)
    members = {name: replace(member, group=one) for name, member in untested.items()}
    result = run(members, Learned(), fit_folds=5)
    assert "fit_folds" not in result.weights_document
    assert result.leaky


def test_a_fit_in_sample_would_flatter(make):
    # Members that know nothing: what stacking seems to learn of them is chance.
    rng = np.random.default_rng(0)
    rows = [(f"s{n:03}", "val", None, n % 3) for n in range(60)]
    members = {f"m{m}": make(rows=rows, logits=3 * rng.normal(size=(60, 3))) for m in range(4)}
    scores = [
        run(members, Stacking(c=(1.0,)), fit_folds=n).metrics["val"]["accuracy"] for n in (1, 5)
    ]
    assert scores[0] > 0.5
    assert scores[1] < 0.45


@pytest.mark.parametrize("scheme", UNFITTED.values(), ids=UNFITTED.keys())
def test_what_learns_nothing_is_reported_on_val(untested, scheme):
    for folds in (1, 5):
        result = run(untested, scheme, fit_folds=folds)
        assert list(result.metrics) == ["val"]
        assert not result.leaky


@each_learning
def test_a_split_that_is_chosen_to_be_reported_is_guarded_all_the_same(several, untested, pipeline):
    for members in (several, untested):
        with pytest.raises(
            FusionError, match=r"fit_split=val is also .*Report another split, or al"
        ):
            run(members, pipeline, report_split="val")
    with pytest.raises(FusionError, match="fit_split=test is also the split that is reported"):
        run(several, pipeline, fit_split="test")
    with pytest.raises(FusionError, match="fit_split=test: the members have no rows there"):
        run(untested, pipeline, fit_split="test")
    allowed = {"report_split": "val", "allow_leaky_fit": True, "fit_folds": 1}
    assert run(several, pipeline, **allowed).leaky


def test_one_labelled_test_sample_is_a_test_split(several):
    label = several["m0"].label.copy()
    label[41:] = -1
    members = {name: replace(one, label=label) for name, one in several.items()}
    result = run(members, Learned(), fit_folds=1)
    assert result.metrics["test"]["support"] == 1
    assert not result.leaky
    with pytest.raises(FusionError, match="fit_split=test is also the split that is reported"):
        run(members, Learned(), fit_split="test")


def test_unlabelled_test_samples_are_none(several):
    label = np.where(np.arange(60) < 40, several["m0"].label, -1).astype(np.int16)
    members = {name: replace(one, label=label) for name, one in several.items()}
    assert not run(members, Learned()).leaky
    assert run(members, Learned(), fit_folds=1).leaky
    assert list(run(members, Learned()).metrics) == ["val"]


def test_out_of_fold_rows_are_reported(make):
    rows = [(f"s{n:02}", "oof", n % 2, n % 3) for n in range(30)]
    members = {"image": make(1, rows=rows), "text": make(2, rows=rows)}
    result = run(members, Learned(), fit_split="oof")
    assert list(result.metrics) == ["oof"]
    assert not result.leaky
    assert run(members, Learned(), fit_split="oof", fit_folds=1).leaky
    assert list(run(members, Mean()).metrics) == ["oof"]


def test_new_samples_are_reported_rather_than_val(several):
    split = several["m0"].split.copy()
    split[40:] = "predict"
    members = {name: replace(one, split=split) for name, one in several.items()}
    result = run(members, Learned(), fit_folds=1)
    assert list(result.metrics) == ["val", "predict"]
    assert not result.leaky  # nothing was fitted on them


def test_samples_that_a_member_lacks_without_a_test_split(untested):
    members = untested | {"m1": untested["m1"].select(np.arange(40) != 5)}
    result = run(members, Learned(), on_missing="renormalise")
    assert not result.leaky
    assert (result.metrics["val"]["support"], result.metrics["complete"]["val"]["support"]) == (
        40,
        39,
    )


def test_from_python_the_reported_split_is_the_default(several, untested):
    fusion = LateFusion().fit(several)
    assert fusion.score(several) == fusion.score(several, "test")
    assert fusion.score(untested) == fusion.score(untested, "val") == fusion.score(several, "val")
    assert fusion.sample_ids(untested) == fusion.sample_ids(untested, "val")
    assert fusion.predict_proba(untested).shape == (40, 3)
    # A fit is not cross-fitted here, so the guard stays.
    with pytest.raises(FusionError, match="fit_split=val is also the split that is reported"):
        LateFusion(Learned()).fit(untested).score(untested)
    new = {
        name: replace(one, split=np.full(40, "predict", dtype=object), label=one.label * 0 - 1)
        for name, one in untested.items()
    }
    assert fusion.predict_proba(new).shape == (40, 3)
