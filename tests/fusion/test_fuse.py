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
from saying import CALIBRATORS, PER_CLASS, PER_MEMBER, SCHEMES, STACKED, run
from sklearn.metrics import f1_score

from lfx.artifacts.checks import check
from lfx.artifacts.join import join
from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.fusion.calibration.temperature import Temperature
from lfx.fusion.fit_plan import FitPlan
from lfx.fusion.fuse import fuse
from lfx.fusion.outputs import Outputs
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.by_sample import Energy, Entropy
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.maximum import Max
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss
from lfx.fusion.schemes.product import Product
from lfx.fusion.schemes.vote import MajorityVote
from lfx.fusion.schemes.weighted import Weighted
from lfx.runtime.errors import FusionError
from lfx.runtime.files import write_json
from lfx.runtime.settings import component_name

each_scheme = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES.keys())
few = settings(max_examples=15, deadline=None)


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
    result = run(members, MinimizingLoss(), fit_folds=1)
    assert list(result.metrics) == ["val", "test"]
    for split, numbers in result.metrics.items():
        rows = result.predictions.select(result.predictions.rows(split))
        said = rows.logits.argmax(axis=1)
        assert numbers["accuracy"] == pytest.approx((said == rows.label).mean())
        want = f1_score(rows.label, said, labels=range(3), average="macro", zero_division=0)
        assert numbers["f1_macro"] == pytest.approx(want)
        assert numbers["support"] == 6
        assert set(numbers["per_class"]) == {"negative", "neutral", "positive"}
    assert result.labelled


def test_weights_come_from_the_fit_split(make):
    # On val, image is always right and text never; on test it is the other way round.
    right, wrong = 9 * np.eye(3)[np.arange(12) % 3], 9 * np.eye(3)[(np.arange(12) + 1) % 3]
    val = (np.arange(12) < 6)[:, None]
    members = {
        "image": make(logits=np.where(val, right, wrong)),
        "text": make(logits=np.where(val, wrong, right)),
    }
    result = run(members, MinimizingLoss())
    assert result.fitted.rule.weights.values.tolist() == [1.0, 0.0]
    assert result.weights_document["weights"] == [1.0, 0.0]
    assert result.metrics["val"]["accuracy"] == 1
    assert result.metrics["test"]["accuracy"] == 0
    leaky = run(members, MinimizingLoss(), fit_split="test", allow_leaky_fit=True)
    assert leaky.weights_document["weights"] == [0.0, 1.0]


@each_scheme
def test_weights_document(several, tmp_path, scheme):
    result = run(several, scheme)
    document = result.weights_document
    write_json(tmp_path / "weights.json", document)
    assert json.loads((tmp_path / "weights.json").read_text()) == document
    assert list(document)[:5] == ["members", "classes", "weights", "scheme", "fit_split"]
    assert document["members"] == ["m0", "m1", "m2"]
    assert document["classes"] == ["negative", "neutral", "positive"]
    assert document["scheme"] == component_name(scheme)
    assert document["fit_split"] == ("val" if scheme.needs_fit else None)
    assert document.get("fit_folds") == (5 if scheme.needs_fit else None)
    assert not {"missing", "dropped", "calibration", "leaky"} & set(document)
    shapes = {"class": (3, 3), "member": (3,), "sample": (3, 60), "feature": (3, 3, 3)}
    if component_name(scheme) != "stacking_mlp":
        assert np.shape(document["weights"]) == shapes[document["per"]]
    kinds = (PER_MEMBER, "member"), (PER_CLASS, "class"), (STACKED, "feature")
    for group, per in kinds:
        assert scheme not in group.values() or document["per"] == per
    write_json(tmp_path / "metrics.json", result.metrics)
    write_json(tmp_path / "baselines.json", result.baselines)


@pytest.mark.parametrize("calibrator", CALIBRATORS.values(), ids=CALIBRATORS)
def test_the_document_of_calibrations(several, calibrator):
    overdone = several | {"m1": replace(several["m1"], logits=9 * several["m1"].logits)}
    result = run(overdone, Entropy(), calibrator=calibrator)
    told = result.weights_document["calibration"]
    assert told["kind"] == component_name(calibrator)
    assert list(told["members"]) == ["m0", "m1", "m2"]
    assert told["members"]["m1"]["kept"]
    assert max(told["members"]["m1"]["scale"]) < 0.5
    # The weights are those of what is calibrated: the member is not sure of everything any more.
    before = run(overdone, Entropy()).weights_document["weights"]
    assert np.mean(result.weights_document["weights"][1]) < np.mean(before[1]) - 0.1
    assert result.weights_document["fit_split"] == "val"
    assert result.metrics["test"]["nll"] < run(overdone, Entropy()).metrics["test"]["nll"]


@each_scheme
def test_order_of_members_does_not_matter(several, scheme):
    one = run(several, scheme, fit_folds=2)
    two = run(dict(reversed(several.items())), scheme, fit_folds=2)
    np.testing.assert_array_equal(one.predictions.logits, two.predictions.logits)
    assert one.weights_document == two.weights_document
    assert one.metrics == two.metrics


def test_order_of_rows_does_not_matter(members):
    mixed = members | {"text": members["text"].select(np.random.default_rng(0).permutation(12))}
    one, two = run(members, DetectionRate()), run(mixed, DetectionRate())
    np.testing.assert_array_equal(one.predictions.logits, two.predictions.logits)


@each_scheme
def test_what_was_joined_stays_as_it_is(several, scheme):
    # A sweep's jobs share it.
    joined = join(several)
    before = joined.logits.copy(), joined.label.copy()
    options = {"name": "x", "device": torch.device("cpu"), "versions": {}}
    fuse(joined, Pipeline(Temperature(), scheme), FitPlan(fit_folds=2), **options)
    np.testing.assert_array_equal(joined.logits, before[0])
    np.testing.assert_array_equal(joined.label, before[1])


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
    both = {"both": read_predictions(path), "text": members["text"]}
    result = run(both, MinimizingLoss(), fit_folds=1)
    assert result.weights_document["members"] == ["both", "text"]
    # Its logits are logarithms of probabilities, so that it has no energy to be weighed by.
    both["text"] = replace(members["text"], logits=members["text"].logits + 9)
    assert run(both, Energy()).weights_document["note"] == "no weight on any sample: both"


# A network's random initial weights go by the place of a class.
@pytest.mark.parametrize(
    "scheme", [s for s in SCHEMES.values() if component_name(s) != "stacking_mlp"], ids=str
)
def test_class_permutation_commutes(several, scheme):
    order = [2, 0, 1]

    def moved(member):
        names = tuple(member.metadata.classes[index] for index in order)
        label = np.array([order.index(index) for index in member.label], np.int16)
        return replace(
            member,
            logits=member.logits[:, order],
            label=label,
            metadata=replace(member.metadata, classes=names),
        )

    other = {name: moved(member) for name, member in several.items()}
    one, two = (
        run(some, scheme, calibrator=Temperature(), fit_folds=3) for some in (several, other)
    )
    loose = component_name(scheme) in {"stacking", "learned_per_class"}
    np.testing.assert_allclose(
        one.predictions.probabilities()[:, order],
        two.predictions.probabilities(),
        rtol=1e-3 if loose else 1e-5,
        atol=1e-12,
    )
    assert one.metrics["test"]["per_class"] == two.metrics["test"]["per_class"]


def test_a_score_of_zero_is_a_finite_logit(make):
    logits = np.tile([3e4, 0, -3e4], (12, 1))
    fused = run({"image": make(logits=logits)}, Mean()).predictions
    assert fused.logits.dtype == np.float32
    assert fused.logits.min() == pytest.approx(np.log(np.finfo(np.float32).tiny))
    assert fused.logits.max() == 0


def test_unknown_report_split(members):
    with pytest.raises(FusionError, match=r"report_split: allowed are train, .*; got 'tset'"):
        run(members, Mean(), report_split="tset")


def test_fusion_knows_nothing_of_images_texts_or_configurations():
    code = (
        "import sys, pkgutil, lfx.fusion\n"
        "for one in pkgutil.walk_packages(lfx.fusion.__path__, 'lfx.fusion.'):\n"
        "    __import__(one.name)\n"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('lfx.')}\n"
        "print(sorted(rooms), {'timm', 'hydra', 'omegaconf', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    rooms = ["artifacts", "data", "evaluation", "fusion", "runtime"]  # of data, the splits' names
    assert done.stdout.split("\n")[0] == f"{rooms} set()"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@each_scheme
def test_cuda_gives_the_same(several, scheme):
    one, two = (run(several, scheme, device=torch.device(kind)) for kind in ("cpu", "cuda"))
    np.testing.assert_allclose(one.predictions.logits, two.predictions.logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scheme", [Mean(), MajorityVote(), Max(), Product()], ids=str)
def test_the_artifact_keeps_every_winner(make, scheme):
    # Sure members that disagree: what is left between their classes is less than float32 holds.
    rows = [(f"s{n:03}", "val" if n < 100 else "test", None, n % 3) for n in range(500)]
    rng = np.random.default_rng(0)
    members = {
        name: make(rows=rows, logits=rng.normal(scale=12, size=(500, 3))) for name in ("a", "b")
    }
    members["a"].logits[0], members["b"].logits[0] = [20, 0, 0], [0, 22, 0]
    result = run(members, scheme)
    joined = join(members)
    outputs = Outputs(
        joined.names,
        joined.classes,
        torch.from_numpy(joined.logits),
        torch.from_numpy(joined.present),
    )
    want = result.fitted.combine(outputs).argmax(dim=1).numpy()
    np.testing.assert_array_equal(result.predictions.logits.argmax(axis=1), want)
    check(result.predictions)


def test_a_fit_split_that_lacks_classes_is_told(make, caplog):
    def fused(labels, scheme, **options):
        caplog.clear()
        rows = [(f"s{n:02}", "val" if n < 6 else "test", None, n % 3) for n in range(12)]
        rows = [
            (*row[:3], label) for row, label in zip(rows, [*labels, *[0, 1, 2] * 2], strict=True)
        ]
        two = {"image": make(1, rows=rows), "text": make(2, name="text", rows=rows)}
        run(two, scheme, **options)
        return "\n".join(caplog.messages)

    assert "fit_split=val has samples of class neutral only" in fused([1] * 6, DetectionRate())
    vector = {"calibrator": CALIBRATORS["vector"]}
    assert "fit_split=val has samples of class neutral only" in fused([1] * 6, Mean(), **vector)
    assert "fit_split=val has no samples of class positive" in fused([0, 1] * 3, DetectionRate())
    assert fused([1] * 6, Mean()) == ""
    assert fused([0, 1, 2] * 2, DetectionRate()) == ""
