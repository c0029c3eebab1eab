"""Samples that some member lacks: fused from the others, and compared where all members are."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from saying import LEARNING, run

from lfx.artifacts.checks import check
from lfx.artifacts.join import join
from lfx.evaluation.splits import evaluate_splits
from lfx.fusion.schemes.grid import Grid
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.scheme import Scheme
from lfx.fusion.schemes.stacking import Stacking
from lfx.runtime.build import build
from lfx.runtime.errors import FusionError
from lfx.runtime.settings import component_name

FILES = sorted((Path(__file__).parents[2] / "conf/fusion").glob("*.yaml"))
# Sample 3, 7 (val) and 45 (test) lack m1; 7, 45 and 50 lack m2: 7 and 45 are m0's alone.
LACKING = {"m1": [3, 7, 45], "m2": [7, 45, 50]}
INCOMPLETE = np.isin(np.arange(60), [3, 7, 45, 50])


def without(members, lacking):
    return {
        name: member.select(~np.isin(np.arange(60), lacking.get(name, [])))
        for name, member in members.items()
    }


@pytest.fixture
def gapped(several):
    return without(several, LACKING)


def scheme_of(file):
    return build(yaml.safe_load(file.read_text()), "fusion", Scheme)


def test_there_are_schemes():
    assert len(FILES) >= 18


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_scheme_fuses_what_members_lack(several, gapped, file):
    result = run(gapped, scheme_of(file), on_missing="renormalise", fit_folds=2)
    fused, metrics = result.predictions, result.metrics
    check(fused)
    assert fused.sample_id.tolist() == several["m0"].sample_id.tolist()
    assert {split: metrics[split]["support"] for split in ("val", "test")} == {
        "val": 40,
        "test": 20,
    }
    # The scores on complete rows are those of these rows alone.
    assert metrics["complete"] == evaluate_splits(fused.select(~INCOMPLETE), ("val", "test"))
    assert [row["support"] for row in metrics["complete"].values()] == [38, 18]
    # So are the baselines', and the fit has seen no other rows: all is as if these were dropped.
    dropped = run(gapped, scheme_of(file), on_missing="drop", fit_folds=2)
    assert result.baselines == dropped.baselines
    for split in ("val", "test"):
        assert metrics["complete"][split] == dropped.metrics[split]
    assert "complete" not in dropped.metrics
    np.testing.assert_allclose(
        fused.logits[~INCOMPLETE], dropped.predictions.logits, rtol=1e-6, atol=1e-6
    )
    document = result.weights_document
    assert document["missing"] == {"m1": {"val": 2, "test": 1}, "m2": {"val": 1, "test": 2}}
    assert document["fused_from_fewer"] == {"val": 2, "test": 2}
    assert document["fused_from_one"] == {"val": 1, "test": 1}
    # The samples that one member alone has are fused from what it says.
    alone = several["m0"].logits[[7, 45]].argmax(axis=1)
    if file.stem not in {"stacking", "stacking_mlp", "detection_rate", "learned_per_class"}:
        assert fused.logits[[7, 45]].argmax(axis=1).tolist() == alone.tolist()


@pytest.mark.parametrize("scheme", [Mean(), Learned(), Grid()], ids=component_name)
def test_where_nobody_lacks_anything_nothing_is_said_of_it(several, scheme):
    one, two, three = (
        run(several, scheme, on_missing=policy) for policy in ("error", "renormalise", "drop")
    )
    assert list(one.metrics) == ["val", "test"]
    assert one.metrics == two.metrics == three.metrics
    assert one.weights_document == two.weights_document == three.weights_document
    assert not {"missing", "fused_from_fewer", "fused_from_one"} & set(one.weights_document)
    assert one.baselines == two.baselines == three.baselines


def test_members_are_chosen_and_compared_on_complete_rows(make):
    # m1 is right wherever it is, which is on few rows; m0 is right on those, and wrong elsewhere.
    rows = [(f"s{n:02}", "val" if n < 30 else "test", None, n % 3) for n in range(60)]
    truth = 5 * np.eye(3)[np.arange(60) % 3]
    few = np.arange(60) % 10 < 3
    members = {
        "m0": make(rows=rows, logits=np.where(few[:, None], truth, np.roll(truth, 1, axis=1))),
        "m1": make(rows=rows, logits=truth).select(few),
    }
    result = run(members, Mean(), on_missing="renormalise")
    # Equals: the first counts. On all rows it would be wrong on 7 of 10.
    scores = result.baselines["best member (m0)"]
    assert {split: (one["accuracy"], one["support"]) for split, one in scores.items()} == {
        "val": (1, 9),
        "test": (1, 9),
    }
    assert result.metrics["test"]["accuracy"] == pytest.approx(0.3)
    assert result.metrics["complete"]["test"]["accuracy"] == 1


def test_unlabelled_samples_that_a_member_lacks_leave_no_other_scores(several):
    label = several["m0"].label.copy()
    label[INCOMPLETE] = -1
    members = {name: replace(one, label=label) for name, one in several.items()}
    result = run(without(members, LACKING), Mean(), on_missing="renormalise")
    assert "complete" not in result.metrics  # every scored sample is in all members
    assert result.weights_document["fused_from_fewer"] == {"val": 2, "test": 2}


def test_a_split_that_a_member_lacks_entirely(several, caplog):
    members = several | {"m2": several["m2"].select(several["m2"].rows("val"))}
    with caplog.at_level(logging.WARNING):
        result = run(members, Learned(), on_missing="renormalise")
    assert "split test: no rows in m2, so members cannot be compared there" in caplog.text
    assert result.metrics["test"]["support"] == 20
    assert list(result.metrics["complete"]) == ["val"]
    assert all(list(splits) == ["val"] for splits in result.baselines.values())
    assert not result.leaky  # test is still what is reported
    with pytest.raises(
        FusionError, match="fit_split=test: no labelled sample there is in all memb"
    ):
        run(members, Learned(), on_missing="renormalise", fit_split="test", allow_leaky_fit=True)
    # Otherwise the split is left out, and what is left is reported.
    left = run(members, Learned())
    assert list(left.metrics) == ["val"]


def test_no_sample_is_in_all_members(several):
    apart = {"m0": several["m0"], "m1": several["m1"], "m2": several["m2"]}
    apart["m1"] = apart["m1"].select(np.arange(60) % 2 == 0)
    apart["m2"] = apart["m2"].select(np.arange(60) % 2 == 1)
    result = run(apart, Mean(), on_missing="renormalise")
    assert result.metrics["complete"] == {}
    assert result.baselines == {}
    message = (
        r"no labelled sample there is in all members \(m0, m1, m2\).*use a fusion without a fit"
    )
    with pytest.raises(FusionError, match=message):
        run(apart, Learned(), on_missing="renormalise")


@pytest.mark.parametrize("pipeline", LEARNING.values(), ids=LEARNING.keys())
def test_few_complete_rows_are_told(several, caplog, pipeline):
    # Of the 40 samples of val 24 are in all members, 1 of them of class 2.
    label = several["m0"].label
    gone = np.flatnonzero((label == 2) & (np.arange(60) < 40))[1:].tolist()
    members = without(several, {"m1": gone})
    with caplog.at_level(logging.INFO):
        run(members, pipeline, on_missing="renormalise", fit_folds=1)
    kept = 40 - len(gone)
    assert (
        f"fit_split=val: the fit uses the {kept} of 40 labelled samples that all members have, "
        f"which are few of class positive (1 of {len(gone) + 1})"
    ) in caplog.text
    none = without(several, {"m1": [*gone, *np.flatnonzero(label == 2)[:1].tolist()]})
    caplog.clear()
    run(none, pipeline, on_missing="renormalise", fit_folds=1)
    assert "few of class positive (0 of" in caplog.text
    assert "fit_split=val has no samples of class positive: nothing is fitted" in caplog.text


def test_many_complete_rows_are_no_warning(several, caplog):
    with caplog.at_level(logging.WARNING):
        run(without(several, {"m1": [3]}), Learned(), on_missing="renormalise")
    assert "the fit uses" not in caplog.text
    with caplog.at_level(logging.INFO):
        run(without(several, {"m1": [3]}), Learned(), on_missing="renormalise")
    assert "the fit uses the 39 of 40 labelled samples that all members have\n" in caplog.text


def test_complete_rows_of_one_class_are_refused_in_words(several):
    label = several["m0"].label
    gone = np.flatnonzero((label != 0) & (np.arange(60) < 40)).tolist()
    with pytest.raises(FusionError, match="samples of class negative only, so no classifier can"):
        run(without(several, {"m1": gone}), Stacking(), on_missing="renormalise")


def test_curves_are_of_complete_rows(several):
    pair = {name: several[name] for name in ("m0", "m1")}
    one = run(without(pair, LACKING), Grid(), on_missing="renormalise")
    two = run(without(pair, LACKING), Grid(), on_missing="drop")
    for split in ("val", "test"):
        np.testing.assert_array_equal(one.curves[split].edges, two.curves[split].edges)


def test_joined_members_count_what_they_lack(gapped):
    joined = join(gapped, "renormalise")
    assert joined.complete.tolist() == (~INCOMPLETE).tolist()
    assert joined.incomplete(3) == {"val": 2, "test": 2}
    assert joined.incomplete(2) == {"val": 1, "test": 1}
    assert joined.labelled_splits() == ["val", "test"]
