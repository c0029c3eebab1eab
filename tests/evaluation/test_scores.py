"""Every score against scikit-learn; what a new entry of the registry leads to."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    log_loss,
    matthews_corrcoef,
    roc_auc_score,
)

from lfx.evaluation.metrics import evaluate, score
from lfx.evaluation.scores import (
    SCORES,
    Score,
    accuracy,
    auroc_macro,
    printed,
    register_score,
    searchable,
    shares,
    title_of,
)
from lfx.runtime.errors import ConfigError

SKLEARN = {
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "cohen_kappa": cohen_kappa_score,
    "matthews_corrcoef": matthews_corrcoef,
}


def draw(seed, samples, classes):
    rng = np.random.default_rng(seed)
    numbers = rng.integers(1, 6, size=(samples, classes))  # with ties
    return numbers / numbers.sum(axis=1, keepdims=True), rng.integers(0, classes, size=samples)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), samples=st.integers(2, 60), classes=st.integers(2, 6))
def test_scores_equal_scikit_learns(seed, samples, classes):
    probabilities, labels = draw(seed, samples, classes)
    got = evaluate(
        torch.from_numpy(probabilities), torch.from_numpy(labels), list("abcdef")[:classes]
    )
    answers, every = probabilities.argmax(axis=1), list(range(classes))
    if len(set(labels)) > 1:
        for key, compute in SKLEARN.items():
            assert got[key] == pytest.approx(compute(labels, answers), abs=1e-12)
    for average in ("macro", "weighted"):
        want = f1_score(labels, answers, labels=every, average=average, zero_division=0)
        assert got[f"f1_{average}"] == pytest.approx(want)
    least = np.finfo(np.float32).tiny
    clipped = probabilities.clip(min=least)[np.arange(samples), labels]
    assert got["nll"] == pytest.approx(-np.log(clipped).mean())
    occurring = [c for c in every if 0 < (labels == c).sum() < samples]
    areas = [roc_auc_score(labels == c, probabilities[:, c]) for c in occurring]
    if areas:
        assert got["auroc_macro"] == pytest.approx(np.mean(areas))
    else:
        assert "auroc_macro" not in got


def test_log_loss_of_certain_predictions():
    probabilities, labels = draw(0, 40, 3)
    probabilities = (probabilities + 0.01) / (probabilities + 0.01).sum(axis=1, keepdims=True)
    got = evaluate(torch.from_numpy(probabilities), torch.from_numpy(labels), "abc")
    assert got["nll"] == pytest.approx(log_loss(labels, probabilities))


@pytest.mark.parametrize("metric", ["cohen_kappa", "matthews_corrcoef"])
def test_agreement_with_a_single_class_is_0(metric):
    certain = torch.eye(3, dtype=torch.float64)[[1, 1, 1]]
    assert score(metric, certain, torch.tensor([1, 1, 1])) == 0
    assert score(metric, certain, torch.tensor([0, 1, 2])) == 0


def test_perfect_and_reversed_predictions():
    labels = torch.tensor([0, 1, 0, 1])
    right, wrong = torch.eye(2)[labels].double(), torch.eye(2)[1 - labels].double()
    for metric in ("cohen_kappa", "matthews_corrcoef"):
        assert (score(metric, right, labels), score(metric, wrong, labels)) == (1, -1)
    assert (auroc_macro(right, labels), auroc_macro(wrong, labels)) == (1, 0)
    assert auroc_macro(torch.full((4, 2), 0.5), labels) == 0.5


def test_what_the_registry_says_of_its_scores():
    assert printed()[:3] == ["accuracy", "f1_weighted", "f1_macro"]
    assert set(searchable()) - set(shares()) >= {"cohen_kappa", "matthews_corrcoef"}
    assert {key for key, one in SCORES.items() if not one.higher_is_better} >= {"nll", "ece"}
    assert title_of("f1_macro") == "macro F1"
    assert title_of("an older score") == "an older score"
    assert all(key == one.key for key, one in SCORES.items())


def test_a_further_score_is_reported_and_searched():
    error = Score("error", "error rate", lambda c: 1 - accuracy(c), higher_is_better=False)
    probabilities, labels = torch.eye(2).double(), torch.tensor([0, 0])
    with register_score(error):
        assert evaluate(probabilities, labels, "ab")["error"] == 0.5
        assert "error" in searchable()
        with (
            pytest.raises(ValueError, match="there is a score error already"),
            register_score(error),
        ):
            pass
    assert "error" not in evaluate(probabilities, labels, "ab")


@pytest.mark.parametrize("undefined", [None, float("nan"), torch.tensor(float("inf"))])
def test_a_score_that_is_not_defined_is_left_out(undefined):
    probabilities, labels = torch.eye(2).double(), torch.tensor([0, 0])
    with register_score(Score("odd", "odd", of_probabilities=lambda _p, _y: undefined)):
        assert "odd" not in evaluate(probabilities, labels, "ab")


@pytest.mark.parametrize("returned", ["0.5", torch.ones(2), [0.5]])
def test_a_score_that_is_no_number_is_refused(returned):
    probabilities, labels = torch.eye(2).double(), torch.tensor([0, 0])
    with (
        register_score(Score("odd", "odd", of_counts=lambda _: returned)),
        pytest.raises(ConfigError, match="of the score odd must return one number; it returned a"),
    ):
        evaluate(probabilities, labels, "ab")


@pytest.mark.parametrize("half", [0.5, np.float32(0.5), np.array(0.5), torch.tensor([0.5])])
def test_a_score_may_be_a_number_of_any_library(half):
    probabilities, labels = torch.eye(2).double(), torch.tensor([0, 0])
    with register_score(Score("odd", "odd", of_counts=lambda _: half)):
        assert evaluate(probabilities, labels, "ab")["odd"] == 0.5


def test_a_score_is_computed_one_way():
    for ways in ({}, {"of_counts": accuracy, "of_probabilities": auroc_macro}):
        with pytest.raises(ValueError, match="mine: give one of of_counts, of_sums and of_prob"):
            Score("mine", "mine", **ways)


def test_the_registry_takes_no_time_to_import():
    code = "import sys, lfx.evaluation.scores; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
