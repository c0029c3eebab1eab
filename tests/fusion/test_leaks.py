"""Nothing is learnt from the labels of what is reported, nor from a sample's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from saying import LEARNING, UNFITTED, run

from lfx.artifacts.join import join
from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.calibration.temperature import Temperature
from lfx.fusion.outputs import FitData, Outputs
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.stacking import Stacking
from lfx.runtime.errors import FusionError

each_learning = pytest.mark.parametrize("pipeline", LEARNING.values(), ids=LEARNING.keys())
each_other = pytest.mark.parametrize("scheme", UNFITTED.values(), ids=UNFITTED.keys())


def with_labels(members, change):
    """Change labels of members: `change` gives a label for a place and the label there."""
    return {
        name: replace(
            member,
            label=np.array([change(*pair) for pair in enumerate(member.label)], dtype=np.int16),
        )
        for name, member in members.items()
    }


def other_test_labels(members):
    splits = next(iter(members.values())).split
    return with_labels(members, lambda n, label: label if splits[n] == "val" else (label + 1) % 3)


@each_learning
def test_learning_from_what_is_reported_is_refused(several, pipeline):
    message = r"fit_split=test is also .*Use fit_split=val, or allow_leaky_fit=true"
    with pytest.raises(FusionError, match=message):
        run(several, pipeline, fit_split="test")
    with pytest.raises(FusionError, match="fit_split=val is also the split that is reported"):
        run(several, pipeline, report_split="val")


@each_learning
def test_a_leak_that_is_allowed_is_marked(several, pipeline):
    result = run(several, pipeline, fit_split="test", allow_leaky_fit=True, fit_folds=1)
    assert result.leaky
    assert result.metrics["leaky"] is True
    assert result.weights_document["leaky"] is True
    assert result.weights_document["fit_split"] == "test"
    assert result.predictions.metadata.leaky
    # What has seen the labels once does not forget them.
    again = run({"m0": result.predictions, "m1": several["m1"]}, Mean())
    assert again.leaky
    assert again.predictions.metadata.leaky
    assert again.weights_document["leaky"] is True


@each_learning
def test_nothing_is_marked_without_a_leak(several, pipeline):
    result = run(several, pipeline, allow_leaky_fit=True, fit_folds=1)
    assert not result.leaky
    assert "leaky" not in result.metrics
    assert "leaky" not in result.weights_document
    assert not result.predictions.metadata.leaky


@each_other
def test_what_learns_nothing_cannot_leak(several, scheme):
    result = run(several, scheme, fit_split="test")
    assert not result.leaky
    assert "leaky" not in result.metrics | result.weights_document
    assert result.weights_document["fit_split"] is None
    # Nor do the baselines then choose by the labels that they are scored on.
    assert list(result.baselines) == ["mean", "oracle (any member right)"]
    allowed = run(several, scheme, fit_split="test", allow_leaky_fit=True)
    assert list(allowed.baselines) == list(result.baselines)


@each_learning
def test_labels_of_what_is_reported_change_nothing(several, pipeline):
    one, two = (run(some, pipeline, fit_folds=3) for some in (several, other_test_labels(several)))
    np.testing.assert_array_equal(one.predictions.logits, two.predictions.logits)
    assert one.weights_document == two.weights_document
    assert one.metrics["val"] == two.metrics["val"]
    assert one.metrics["test"] != two.metrics["test"]
    assert list(one.baselines) == list(two.baselines)  # the names tell what was chosen
    assert one.baselines != two.baselines


@each_learning
def test_rows_of_the_fit_split_are_fused_by_fits_on_other_folds(several, pipeline):
    result = run(several, pipeline, fit_folds=3, seed=3)
    assert result.weights_document["fit_folds"] == 3
    joined = join(several)
    present = torch.from_numpy(joined.present)
    outputs = Outputs(joined.names, joined.classes, torch.from_numpy(joined.logits), present)
    labels = torch.from_numpy(joined.label.astype(np.int64))
    fit = FitData(outputs, labels, joined.group, 3).select(joined.rows("val"))
    want = pipeline.fit(fit).combine(outputs)
    in_sample = run(several, pipeline, fit_folds=1, seed=3)
    assert "fit_folds" not in in_sample.weights_document
    fused = np.exp(in_sample.predictions.logits)
    np.testing.assert_allclose(fused, want, rtol=1e-5, atol=1e-9)
    for fitted, groups in pipeline.cross_fit(fit, 3):
        held = joined.rows("val") & np.isin(joined.group, list(groups))
        want[torch.from_numpy(held)] = fitted.combine(outputs.select(torch.from_numpy(held)))
    np.testing.assert_allclose(np.exp(result.predictions.logits), want, rtol=1e-5, atol=1e-9)
    # What is reported is fused by the fit on all rows, whatever the folds.
    test = joined.rows("test")
    np.testing.assert_array_equal(
        result.predictions.logits[test], in_sample.predictions.logits[test]
    )
    for key in ("weights", "intercepts", "calibration"):
        told = [one.weights_document.get(key) for one in (result, in_sample)]
        assert told[0] == told[1]


def test_fitting_in_sample_would_flatter(make):
    # Members that know nothing: what stacking seems to learn of them is chance.
    rng = np.random.default_rng(0)
    rows = [(f"s{n:03}", "val" if n < 60 else "test", None, n % 3) for n in range(120)]
    members = {f"m{m}": make(rows=rows, logits=3 * rng.normal(size=(120, 3))) for m in range(4)}
    scheme = Stacking(c=(1.0,))
    scores = [run(members, scheme, fit_folds=n).metrics["val"]["accuracy"] for n in (1, 5)]
    assert scores[0] > 0.5
    assert scores[1] < 0.45


@each_learning
def test_samples_that_some_member_lacks_teach_nothing(several, pipeline):
    gapped = several | {"m1": several["m1"].select(np.arange(60) != 5)}
    # The member that lacks sample 5 has its samples one place earlier from there on.
    change = with_labels(gapped, lambda n, label: (label + 1) % 3 if n == 5 else label)
    other = change | {"m1": gapped["m1"]}
    options = {"on_missing": "renormalise", "fit_folds": 3}
    one, two = (run(some, pipeline, **options) for some in (gapped, other))
    np.testing.assert_array_equal(one.predictions.logits, two.predictions.logits)
    assert one.weights_document == two.weights_document
    assert one.weights_document["missing"] == {"m1": {"val": 1}}


def test_groups_are_never_torn(several):
    groups = np.array([f"g{n // 10}" for n in range(60)], dtype=object)
    members = {name: replace(member, group=groups) for name, member in several.items()}
    result = run(members, Pipeline(Temperature(), Mean()), fit_folds=10)
    assert result.weights_document["fit_folds"] == 4  # as there are four groups in val
    one = with_labels(members, lambda n, label: 0 if n < 10 else label)
    again = run(one, Pipeline(NoCalibration(), Stacking(c=(0.1,))), fit_folds=10)
    other = with_labels(members, lambda n, label: 1 if n < 10 else label)
    third = run(other, Pipeline(NoCalibration(), Stacking(c=(0.1,))), fit_folds=10)
    # Each group is a fold of its own, so its labels, all at once, do not matter to its rows.
    np.testing.assert_array_equal(again.predictions.logits[:10], third.predictions.logits[:10])
    assert not np.array_equal(again.predictions.logits[10:], third.predictions.logits[10:])
