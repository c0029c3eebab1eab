"""Which samples are fused, which teach, and which are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from saying import LEARNING, run

from lfx.artifacts.checks import check
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss
from lfx.fusion.schemes.stacking import StackingMlp
from lfx.fusion.schemes.weighted import Weighted
from lfx.runtime.errors import ArtifactError, FusionError


@pytest.mark.parametrize("on_missing", ["renormalise", "drop"])
def test_samples_that_a_member_lacks(several, on_missing):
    lacking = {"m1": [3, 41], "m2": [41, 50, 51]}
    gapped = {
        name: member.select(~np.isin(np.arange(60), lacking.get(name, [])))
        for name, member in several.items()
    }
    with pytest.raises(ArtifactError, match=r"split val: m1 lacks 1 samples that m0 has: s03"):
        run(gapped, Mean())
    result = run(gapped, Mean(), on_missing=on_missing)
    document, fused = result.weights_document, result.predictions
    whole = run(several, Mean()).predictions
    if on_missing == "drop":
        assert document["dropped"] == {"val": 1, "test": 3}
        assert "missing" not in document
        kept = ~np.isin(np.arange(60), [3, 41, 50, 51])
        np.testing.assert_array_equal(fused.logits, whole.logits[kept])
        return
    assert document["missing"] == {"m1": {"val": 1, "test": 1}, "m2": {"test": 3}}
    assert "dropped" not in document
    each = np.array([member.probabilities() for member in several.values()])
    want = each.mean(axis=0)
    want[3], want[41] = each[[0, 2], 3].mean(axis=0), each[0, 41]
    want[[50, 51]] = each[:2, 50:52].mean(axis=0)
    np.testing.assert_allclose(fused.probabilities(), want, rtol=1e-5)


def test_unlabelled_rows_are_fused_but_not_counted(make):
    rows = [("a", "val", None, 0), ("b", "val", None, None), ("c", "predict", None, None)]
    rows += [("d", "test", None, None), ("e", "val", None, 1)]
    members = {"image": make(1, rows=rows), "text": make(2, rows=rows)}
    result = run(members, DetectionRate())
    assert len(result.predictions.sample_id) == 5
    assert list(result.metrics) == ["val"]
    assert result.metrics["val"]["support"] == 2


def test_out_of_fold_rows(make):
    rows = [(f"s{n}", "oof", n % 2, n % 3) for n in range(6)]
    rows += [(f"t{n}", "test", fold, n % 3) for n in range(3) for fold in range(2)]
    members = {"image": make(1, rows=rows), "text": make(2, rows=rows)}
    result = run(members, MinimizingLoss("f1_macro"), fit_split="oof", fit_folds=1)
    check(result.predictions)
    assert len(result.predictions.sample_id) == 9
    assert list(result.metrics) == ["test", "oof"]  # an objective may name the latter
    assert result.metrics["test"]["support"] == 3
    assert result.metrics["oof"]["support"] == 6
    assert "oof" in run(members, Mean(), report_split="oof").metrics


@pytest.mark.parametrize("pipeline", LEARNING.values(), ids=LEARNING.keys())
def test_no_labels_to_fit_on(make, pipeline):
    rows = [("a", "val", None, None), ("b", "test", None, 1)]
    members = {name: make(rows=rows) for name in ("m0", "m1")}
    with pytest.raises(FusionError, match=r"no labels there. They share: test \(1 of 1 labelled\)"):
        run(members, pipeline)
    with pytest.raises(FusionError, match="fit_split=oof: the members have no rows there"):
        run(members, pipeline, fit_split="oof")
    rows = [("a", "val", None, 1), ("b", "val", None, 1)]
    apart = {name: make(rows=[row]) for name, row in zip(("m0", "m1"), rows, strict=True)}
    message = r"no labelled sample there is in all members \(m0, m1\).*fusion=mean"
    with pytest.raises(FusionError, match=message):
        run(apart, pipeline, on_missing="renormalise")


def test_members_that_do_not_belong_together(make):
    with pytest.raises(ArtifactError, match="data fingerprints differ: image has 'data-1'; text"):
        run({"image": make(), "text": make(data_fingerprint="data-2")}, Mean())
    with pytest.raises(ArtifactError, match="no members to join"):
        run({}, Mean())
    with pytest.raises(FusionError, match=r"fusion\.weights\.audio: no such member; there are: i"):
        run({"image": make()}, Weighted({"audio": 0.5}))


def test_rows_that_a_member_lacks_are_fused_by_fits_that_have_not_seen_their_group(make):
    # Twins, and labels that have nothing to do with what members say: to be right is to remember.
    rng = np.random.default_rng(1)
    rows = [(f"{kind}{n:02}", "val", None, n % 2) for n in range(40) for kind in "ab"]
    rows += [(f"t{n}", "test", None, n % 2) for n in range(4)]
    said = np.repeat(rng.normal(scale=3, size=(42, 3)), 2, axis=0)
    members = {name: make(rows=rows, logits=said) for name in ("image", "text")}
    twin = np.array([f"g{n}" for n in range(42) for _ in "ab"], dtype=object)
    members = {name: replace(member, group=twin) for name, member in members.items()}
    members["text"] = members["text"].select(np.array([not row[0].startswith("b") for row in rows]))
    scheme = StackingMlp(hidden=16, alpha=(1e-3,), steps=100)
    result = run(members, scheme, on_missing="renormalise")
    right = result.predictions.logits.argmax(axis=1) == result.predictions.label
    first = np.array([name.startswith("a") for name in result.predictions.sample_id])
    second = np.array([name.startswith("b") for name in result.predictions.sample_id])
    memory = run(members, scheme, on_missing="renormalise", fit_folds=1).predictions
    learnt = memory.logits.argmax(axis=1) == memory.label
    assert learnt[second].mean() > 0.8
    assert right[second].mean() < 0.7
    np.testing.assert_array_equal(right[first], right[second])
