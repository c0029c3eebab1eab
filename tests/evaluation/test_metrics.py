from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle
from torchmetrics.functional import classification as other

from lfx.evaluation.confusion import confusion
from lfx.evaluation.metrics import evaluate, score, score_answers, score_classes
from lfx.evaluation.probability_scores import log_loss
from lfx.evaluation.scores import SCORES, searchable

CLASSES = ("negative", "neutral", "positive", "mixed")


def draw(samples: int, classes: int, seed: int, among: int | None = None):
    """Random probabilities, and labels among the first `among` classes."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.4), size=samples)
    labels = rng.integers(0, among or classes, size=samples)
    return torch.from_numpy(probabilities), torch.from_numpy(labels)


def naive_ece(probabilities, labels, bins=15):
    total = 0.0
    for place in range(bins):
        low, high = place / bins, (place + 1) / bins
        inside = [
            row
            for row, values in enumerate(probabilities.tolist())
            if low < max(values) <= high or (place == 0 and max(values) == 0)
        ]
        if inside:
            right = sum(probabilities[row].argmax().item() == labels[row].item() for row in inside)
            sure = sum(probabilities[row].max().item() for row in inside)
            total += abs(right - sure) / len(labels)
    return total


@pytest.mark.parametrize("samples", [1, 3, 200])
@pytest.mark.parametrize("among", [1, 2, 4])
def test_like_scikit_learn(samples, among):
    probabilities, labels = draw(samples, 4, seed=samples + among, among=among)
    probabilities[:, 3] = 0  # the last class is never predicted
    probabilities /= probabilities.sum(dim=1, keepdim=True)
    got = evaluate(probabilities, labels, CLASSES)
    truth, said = labels.numpy(), probabilities.argmax(dim=1).numpy()
    every = {"labels": range(4), "zero_division": 0}
    precision, recall, f1, support = oracle.precision_recall_fscore_support(truth, said, **every)
    assert got["accuracy"] == pytest.approx(oracle.accuracy_score(truth, said), abs=1e-12)
    assert got["balanced_accuracy"] == pytest.approx(
        oracle.recall_score(truth, said, labels=np.unique(truth), average="macro"), abs=1e-12
    )
    for kind in ("macro", "weighted"):
        want = oracle.f1_score(truth, said, average=kind, **every)
        assert got[f"f1_{kind}"] == pytest.approx(want, abs=1e-12)
    clipped = np.clip(probabilities.numpy(), np.finfo(np.float32).tiny, 1)
    assert got["nll"] == pytest.approx(-np.log(clipped[range(samples), truth]).mean(), abs=1e-9)
    assert got["support"] == samples
    assert list(got["per_class"]) == list(CLASSES)
    for place, name in enumerate(CLASSES):
        assert got["per_class"][name] == pytest.approx(
            {
                "precision": precision[place],
                "recall": recall[place],
                "f1": f1[place],
                "support": support[place],
            },
            abs=1e-12,
        )


def test_balanced_accuracy_and_log_loss_of_scikit_learn():
    probabilities, labels = draw(300, 4, seed=1)
    got = evaluate(probabilities, labels, CLASSES)
    said = probabilities.argmax(dim=1)
    assert got["balanced_accuracy"] == pytest.approx(oracle.balanced_accuracy_score(labels, said))
    # scikit-learn clips at the precision of float64, which none of these chosen values comes near.
    clear = probabilities[range(300), labels] > 1e-9
    got = evaluate(probabilities[clear], labels[clear], CLASSES)
    want = oracle.log_loss(labels[clear], probabilities[clear], labels=range(4))
    assert got["nll"] == pytest.approx(want, rel=1e-9)


def test_like_torchmetrics_where_all_classes_occur():
    probabilities, labels = draw(300, 4, seed=2)
    got = evaluate(probabilities, labels, CLASSES)
    said = probabilities.argmax(dim=1)
    wants = {
        "accuracy": other.multiclass_accuracy(said, labels, 4, average="micro"),
        "balanced_accuracy": other.multiclass_recall(said, labels, 4, average="macro"),
        "f1_macro": other.multiclass_f1_score(said, labels, 4, average="macro"),
        "f1_weighted": other.multiclass_f1_score(said, labels, 4, average="weighted"),
    }
    for name, want in wants.items():
        assert got[name] == pytest.approx(want.item(), abs=1e-6)


@pytest.mark.parametrize("samples", [1, 20, 500])
def test_ece_like_a_naive_loop(samples):
    probabilities, labels = draw(samples, 4, seed=samples)
    got = evaluate(probabilities, labels, CLASSES)["ece"]
    assert got == pytest.approx(naive_ece(probabilities, labels), abs=1e-6)


def test_ece_does_not_take_rounding_for_logits():
    probabilities = torch.tensor([[1 + 1e-9, 0.0], [0.3, 0.7]], dtype=torch.float64)
    got = evaluate(probabilities, torch.tensor([0, 1]), ("a", "b"))
    assert got["ece"] == pytest.approx(0.15, abs=1e-6)


def test_names_and_plain_numbers():
    got = evaluate(*draw(20, 4, seed=3), CLASSES)
    assert {"accuracy", "balanced_accuracy", "f1_macro", "f1_weighted", "nll", "ece"} <= set(got)
    assert list(got) == [*SCORES, "support", "per_class"]
    assert all(type(got[name]) is float for name in SCORES)
    assert type(got["support"]) is int
    for row in got["per_class"].values():
        assert [type(value) for value in row.values()] == [float, float, float, int]
        assert list(row) == ["precision", "recall", "f1", "support"]
    assert json.loads(json.dumps(got)) == got


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 30), st.permutations(range(4)))
def test_renaming_classes_renames_the_numbers(seed, samples, order):
    probabilities, labels = draw(samples, 4, seed)
    one = evaluate(probabilities, labels, CLASSES)
    place = torch.tensor([order.index(index) for index in range(4)])
    two = evaluate(probabilities[:, list(order)], place[labels], [CLASSES[new] for new in order])
    for name in set(one) - {"per_class"}:
        assert one[name] == pytest.approx(two[name], abs=1e-6)
    assert one["per_class"] == two["per_class"]


def test_nll_stays_finite():
    got = evaluate(torch.tensor([[1.0, 0.0]]), torch.tensor([1]), ("a", "b"))
    assert got["nll"] == pytest.approx(-np.log(np.finfo(np.float32).tiny))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 30), st.integers(2, 4))
def test_log_loss_like_scikit_learn(seed, samples, classes):
    probabilities, labels = draw(samples, classes, seed)
    probabilities = 0.99 * probabilities + 0.01 / classes  # scikit-learn clips elsewhere
    want = oracle.log_loss(labels, probabilities, labels=range(classes))
    assert log_loss(probabilities, labels) == pytest.approx(want, rel=1e-12)
    assert evaluate(probabilities, labels, CLASSES[:classes])["nll"] == pytest.approx(want)


def test_log_loss_of_the_impossible_is_large_and_finite():
    probabilities = torch.tensor([[1.0, 0.0], [0.5, 0.5]], dtype=torch.float64)
    least = np.finfo(np.float32).tiny
    got = log_loss(probabilities, torch.tensor([1, 0]))
    assert got == pytest.approx((-np.log(least) + np.log(2)) / 2)
    # float32 gives the same, and a plain number.
    assert log_loss(probabilities.float(), torch.tensor([1, 0])) == pytest.approx(got)
    assert type(got) is float
    assert log_loss(probabilities[:1], torch.tensor([0])) == 0


@pytest.mark.parametrize("metric", searchable())
def test_score_is_what_evaluate_says(metric):
    probabilities, labels = draw(50, 4, seed=4, among=3)
    assert score(metric, probabilities, labels) == evaluate(probabilities, labels, CLASSES)[metric]
    assert type(score(metric, probabilities.float(), labels.short())) is float


def test_unknown_metric():
    with pytest.raises(ValueError, match=r"allowed are accuracy, f1_weighted, .*; got 'f1'"):
        score("f1", *draw(5, 4, seed=0))


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (torch.empty(0, 2), torch.empty(0).long(), "no labelled samples to evaluate"),
        (torch.tensor([[2.0, -1.0]]), torch.tensor([0]), "apply softmax to logits first"),
        (torch.tensor([[0.6, 0.6]]), torch.tensor([0]), r"row sums in 1\.2\.\.1\.2"),
        (torch.tensor([[float("nan"), 0.5]]), torch.tensor([0]), "each row must sum to 1"),
        (torch.tensor([[0.5, 0.5]]), torch.tensor([2]), r"labels must be in 0\.\.1; got 2\.\.2"),
        (torch.tensor([[0.5, 0.5]]), torch.tensor([-1]), r"labels must be in 0\.\.1; got -1"),
        (torch.tensor([[0.5, 0.5]]), torch.tensor([0.0]), "labels must be integers; got torch.fl"),
        (torch.tensor([[0.5, 0.5]]), torch.tensor([0, 1]), r"got \(1, 2\) and \(2,\)"),
        (torch.tensor([[1.0]]), torch.tensor([0]), "2 classes or more"),
        (torch.tensor([0.5, 0.5]), torch.tensor([0, 1]), r"shape \(samples, classes\)"),
    ],
)
def test_what_cannot_be_evaluated(probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        evaluate(probabilities, labels, ("a", "b"))
    with pytest.raises(ValueError, match=message):
        score("accuracy", probabilities, labels)


@pytest.mark.parametrize("classes", [("a",), ("a", "a"), ("a", "b", "c")])
def test_classes_that_do_not_fit(classes):
    with pytest.raises(ValueError, match="classes must be 2 different names"):
        evaluate(torch.tensor([[0.5, 0.5]]), torch.tensor([0]), classes)


def test_answers_are_scored_as_certain_probabilities_are():
    probabilities, labels = draw(50, 4, seed=5, among=3)
    answers = probabilities.argmax(dim=1)
    certain = torch.nn.functional.one_hot(answers, 4).double()
    want = evaluate(certain, labels, CLASSES)
    got = score_answers(answers, labels, 4)
    assert got == {name: want[name] for name in (*searchable(), "support")}
    assert score_classes(confusion(answers, labels, 4), CLASSES) == want["per_class"]
