from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from lfx.artifacts.checks import check
from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.fusion.fuse import fuse
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss
from lfx.fusion.schemes.weighted import Weighted
from lfx.runtime.errors import ArtifactError, FusionError
from lfx.runtime.files import write_json

SCHEMES = [
    Mean(),
    Weighted({"image": 0.3}),
    DetectionRate(),
    DetectionRate(form="corrected"),
    MinimizingLoss(),
    MinimizingLoss("f1_macro"),
]
each_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=str)
few = settings(max_examples=15, deadline=None)
CPU = torch.device("cpu")


def run(members, scheme, **options):
    settled = {"name": "fused", "device": CPU, "versions": {"torch": "x"}} | options
    return fuse(members, scheme, **settled)


@pytest.fixture
def members(make):
    return {"image": make(1), "text": make(2, name="text")}


def test_the_fused_artifact(members):
    result = run(members, Mean(), seed=5, config_hash="cafe", name="both")
    fused = result.predictions
    check(fused)
    assert fused.sample_id.tolist() == members["image"].sample_id.tolist()
    assert fused.split.tolist() == members["image"].split.tolist()
    assert fused.label.tolist() == members["image"].label.tolist()
    assert set(fused.fold.tolist()) == {-1}
    want = (members["image"].probabilities() + members["text"].probabilities()) / 2
    np.testing.assert_allclose(np.exp(fused.logits), want, rtol=1e-6)
    np.testing.assert_allclose(fused.probabilities().sum(axis=1), 1)
    metadata = fused.metadata
    assert (metadata.modality, metadata.name, metadata.seed) == ("fusion", "both", 5)
    assert (metadata.config_hash, metadata.versions) == ("cafe", {"torch": "x"})
    assert metadata.data_fingerprint == "data-1"
    assert metadata.split_fingerprint == "split-1"


def test_metrics_are_those_of_the_artifact(members):
    result = run(members, MinimizingLoss())
    assert list(result.metrics) == ["val", "test"]
    for split, numbers in result.metrics.items():
        rows = result.predictions.select(result.predictions.rows(split))
        said = rows.logits.argmax(axis=1)
        assert numbers["accuracy"] == pytest.approx((said == rows.label).mean())
        want = f1_score(rows.label, said, labels=range(3), average="macro", zero_division=0)
        assert numbers["f1_macro"] == pytest.approx(want)
        assert numbers["support"] == 6
        assert set(numbers["per_class"]) == {"negative", "neutral", "positive"}


def test_weights_come_from_the_fit_split(make):
    # On val, image is always right and text never; on test it is the other way round.
    right, wrong = 9 * np.eye(3)[np.arange(12) % 3], 9 * np.eye(3)[(np.arange(12) + 1) % 3]
    val = (np.arange(12) < 6)[:, None]
    members = {
        "image": make(logits=np.where(val, right, wrong)),
        "text": make(logits=np.where(val, wrong, right)),
    }
    result = run(members, MinimizingLoss())
    assert result.weights.values.tolist() == [1.0, 0.0]
    assert result.metrics["val"]["accuracy"] == 1
    assert result.metrics["test"]["accuracy"] == 0
    leaky = run(members, MinimizingLoss(), fit_split="test", allow_leaky_fit=True)
    assert leaky.weights.values.tolist() == [0.0, 1.0]


@each_scheme
def test_weights_document(members, tmp_path, scheme):
    result = run(members, scheme)
    document = result.weights_document()
    write_json(tmp_path / "weights.json", document)
    assert json.loads((tmp_path / "weights.json").read_text()) == document
    assert list(document) == ["members", "classes", "weights", "scheme", "fit_split"]
    assert document["members"] == ["image", "text"]
    assert document["classes"] == ["negative", "neutral", "positive"]
    assert document["scheme"] == scheme.name
    assert document["fit_split"] == ("val" if scheme.needs_fit else None)
    shape = (2, 3) if isinstance(scheme, DetectionRate) else (2,)
    assert np.shape(document["weights"]) == shape
    write_json(tmp_path / "metrics.json", result.metrics)


def test_leaky_fit_is_refused(members):
    with pytest.raises(FusionError, match=r"fit_split=test is also .*allow_leaky_fit=true"):
        run(members, MinimizingLoss(), fit_split="test")
    with pytest.raises(FusionError, match=r"fit_split=val is also the split that is reported"):
        run(members, MinimizingLoss(), report_split="val")


def test_leaky_fit_is_marked(members):
    result = run(members, MinimizingLoss(), fit_split="test", allow_leaky_fit=True)
    assert result.leaky
    assert result.metrics["leaky"] is True
    assert result.weights_document()["leaky"] is True
    assert result.weights_document()["fit_split"] == "test"


def test_nothing_is_marked_without_a_leak(members):
    for result in (
        run(members, MinimizingLoss(), allow_leaky_fit=True),
        run(members, Mean(), fit_split="test"),
    ):
        assert not result.leaky
        assert "leaky" not in result.metrics
        assert "leaky" not in result.weights_document()


@each_scheme
def test_order_of_members_does_not_matter(members, scheme):
    one = run(members, scheme)
    two = run(dict(reversed(members.items())), scheme)
    np.testing.assert_array_equal(one.predictions.logits, two.predictions.logits)
    assert one.weights_document() == two.weights_document()
    assert one.metrics == two.metrics


def test_order_of_rows_does_not_matter(members):
    mixed = members | {"text": members["text"].select(np.random.default_rng(0).permutation(12))}
    one, two = run(members, DetectionRate()), run(mixed, DetectionRate())
    np.testing.assert_array_equal(one.predictions.logits, two.predictions.logits)


@few
@given(seed=st.integers(0, 1000), share=st.sampled_from([0.0, 1.0]))
def test_weight_zero_is_absent_and_one_is_alone(make, seed, share):
    members = {"image": make(seed), "text": make(seed + 1)}
    fused = run(members, Weighted({"image": share})).predictions.probabilities()
    alone = members["image" if share else "text"].probabilities()
    np.testing.assert_allclose(fused, alone, rtol=1e-5, atol=1e-12)


@few
@given(seed=st.integers(0, 1000), scale=st.floats(0, 200))
def test_fusing_a_fused_artifact_again_changes_nothing(make, seed, scale):
    logits = np.random.default_rng(seed).normal(scale=scale, size=(2, 12, 3))
    members = {"image": make(logits=logits[0]), "text": make(logits=logits[1])}
    once = run(members, Mean()).predictions
    twice = run({"fused": once}, Mean()).predictions
    assert bool(np.isfinite(once.logits).all())
    np.testing.assert_allclose(twice.probabilities(), once.probabilities(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        once.probabilities(),
        (members["image"].probabilities() + members["text"].probabilities()) / 2,
        rtol=0,
        atol=1e-6,
    )


def test_fused_with_one_of_its_members_and_through_a_file(members, tmp_path):
    path = tmp_path / "predictions.parquet"
    write_predictions(path, run(members, DetectionRate()).predictions)
    result = run({"both": read_predictions(path), "text": members["text"]}, MinimizingLoss())
    assert result.members == ("both", "text")


@few
@given(order=st.permutations(range(3)), scheme=st.sampled_from(SCHEMES))
def test_class_permutation_commutes(make, order, scheme):
    order = list(order)

    def moved(member):
        names = tuple(member.metadata.classes[index] for index in order)
        label = np.array([order.index(index) for index in member.label], np.int16)
        return replace(
            member,
            logits=member.logits[:, order],
            label=label,
            metadata=replace(member.metadata, classes=names),
        )

    members = {"image": make(3), "text": make(4)}
    one = run(members, scheme)
    two = run({name: moved(member) for name, member in members.items()}, scheme)
    np.testing.assert_allclose(
        one.predictions.probabilities()[:, order], two.predictions.probabilities(), rtol=1e-6
    )
    assert one.metrics["test"]["per_class"] == two.metrics["test"]["per_class"]


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
    result = run(members, MinimizingLoss("f1_macro"), fit_split="oof")
    check(result.predictions)
    assert len(result.predictions.sample_id) == 9
    assert list(result.metrics) == ["test"]
    assert result.metrics["test"]["support"] == 3
    assert "oof" in run(members, Mean(), report_split="oof").metrics


def test_a_score_of_zero_is_a_finite_logit(make):
    logits = np.tile([3e4, 0, -3e4], (12, 1))
    fused = run({"image": make(logits=logits)}, Mean()).predictions
    assert fused.logits.dtype == np.float32
    assert fused.logits.min() == pytest.approx(np.log(np.finfo(np.float32).tiny))
    assert fused.logits.max() == 0


def test_no_labels_to_fit_on(make):
    rows = [("a", "val", None, None), ("b", "test", None, 1)]
    with pytest.raises(FusionError, match=r"no labels there. They share: test \(1 of 1 labelled\)"):
        run({"image": make(rows=rows)}, MinimizingLoss())
    with pytest.raises(FusionError, match="fit_split=oof: the members have no rows there"):
        run({"image": make(rows=rows)}, MinimizingLoss(), fit_split="oof")


def test_unknown_report_split(members):
    with pytest.raises(FusionError, match=r"report_split: allowed are train, .*; got 'tset'"):
        run(members, Mean(), report_split="tset")


def test_members_that_do_not_belong_together(make):
    with pytest.raises(ArtifactError, match="data fingerprints differ: image has 'data-1'; text"):
        run({"image": make(), "text": make(data_fingerprint="data-2")}, Mean())
    with pytest.raises(ArtifactError, match="no members to join"):
        run({}, Mean())
    with pytest.raises(FusionError, match=r"fusion\.weights\.audio: no such member; there are: i"):
        run({"image": make()}, Weighted({"audio": 0.5}))


def test_fusion_knows_nothing_of_images_texts_or_configurations():
    code = (
        "import sys, lfx.fusion.fuse, lfx.fusion.schemes.detection_rate as d, "
        "lfx.fusion.schemes.weighted, lfx.fusion.schemes.mean, lfx.fusion.schemes.minimizing_loss\n"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('lfx.')}\n"
        "print(sorted(rooms), {'timm', 'hydra', 'omegaconf'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split("\n")[0] == "['artifacts', 'evaluation', 'fusion', 'runtime'] set()"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@each_scheme
def test_cuda_gives_the_same(members, scheme):
    one, two = run(members, scheme), run(members, scheme, device=torch.device("cuda"))
    np.testing.assert_allclose(one.predictions.logits, two.predictions.logits, rtol=1e-6, atol=1e-6)
