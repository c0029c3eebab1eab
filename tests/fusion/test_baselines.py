from __future__ import annotations

import numpy as np
import pytest
import torch
from saying import fit_of, lacking, outputs_of, run, skilled
from sklearn.metrics import (
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    matthews_corrcoef,
)

from lfx.evaluation.answers import evaluate_answers
from lfx.evaluation.metrics import evaluate
from lfx.fusion.baselines import baseline_answers, best_member
from lfx.fusion.schemes.mean import Mean

ORACLE = "oracle (any member right)"
METRICS = ("accuracy", "balanced_accuracy", "f1_weighted", "f1_macro", "nll", "ece")


def said_of(*answers, classes=3, sure=0.8):
    """Let each member answer these classes."""
    said = torch.full((len(answers), len(answers[0]), classes), (1 - sure) / (classes - 1)).double()
    for member, answer in enumerate(answers):
        said[member, range(len(answer)), list(answer)] = sure
    return said


def scores(answers, labels, classes=3):
    """Score answers by others' means."""
    every = {"labels": range(classes), "zero_division": 0}
    return {
        "accuracy": pytest.approx(np.mean(np.equal(answers, labels))),
        "f1_weighted": pytest.approx(f1_score(labels, answers, average="weighted", **every)),
        "f1_macro": pytest.approx(f1_score(labels, answers, average="macro", **every)),
        "balanced_accuracy": pytest.approx(balanced_accuracy_score(labels, answers)),
        "cohen_kappa": pytest.approx(cohen_kappa_score(labels, answers)),
        "matthews_corrcoef": pytest.approx(matthews_corrcoef(labels, answers)),
        "support": len(labels),
    }


def everything(fit, outputs, labels, metric="accuracy"):
    """The baselines' scores, of those that `scores` knows: there may be further ones."""
    known = scores([0, 1], [0, 1]).keys()
    best = best_member(fit.probabilities, fit.labels, outputs, metric) if len(fit.labels) else None
    labelled = (labels >= 0).numpy()
    scored = evaluate_answers(
        {
            name: answer.numpy()[labelled]
            for name, answer in baseline_answers(outputs, labels, fit.labels, best).items()
        },
        labels.numpy()[labelled],
        np.arange(labelled.sum()),
        np.zeros(labelled.sum(), bool),
        outputs.classes,
        intervals=(),
    )
    return {
        name: {key: value for key, value in row.items() if key in known}
        for name, row in scored.items()
    }


def test_like_counting_by_hand():
    fit = fit_of(said_of([0, 1, 1, 1], [2, 2, 1, 1]), torch.tensor([0, 2, 1, 1]))
    outputs = outputs_of(said_of([0, 1, 2, 0, 1], [0, 0, 1, 1, 1]))
    labels = torch.tensor([0, 1, 1, 2, -1])
    got = everything(fit, outputs, labels)
    assert got == {
        "majority class (c1)": scores([1, 1, 1, 1], [0, 1, 1, 2]),
        # Both are right three times out of four; the first counts.
        "best member (m0)": scores([0, 1, 2, 0], [0, 1, 1, 2]),
        "mean": scores([0, 0, 1, 0], [0, 1, 1, 2]),
        ORACLE: scores([0, 1, 1, 0], [0, 1, 1, 2]),
    }


@pytest.mark.parametrize("seed", range(3))
def test_like_a_naive_loop(seed):
    fit, new = skilled(seed), skilled(seed + 10)
    outputs = lacking(new.outputs, (0, 0), (1, 0), (2, 1), (0, 2), (1, 3))
    got = everything(fit, outputs, new.labels, "f1_macro")
    labels = new.labels.tolist()
    there = [[m for m in range(3) if outputs.present[m, s]] for s in range(40)]
    own = [outputs.probabilities[m].argmax(dim=1).tolist() for m in range(3)]
    mean = [
        outputs.probabilities[there[s], s].mean(dim=0).argmax().item() for s in range(len(labels))
    ]
    assert got["mean"] == scores(mean, labels)
    oracle = [
        label if any(own[m][s] == label for m in there[s]) else mean[s]
        for s, label in enumerate(labels)
    ]
    assert got[ORACLE] == scores(oracle, labels)
    assert got[ORACLE]["accuracy"] >= max(row["accuracy"] for row in got.values())
    ranks = [evaluate(p, fit.labels, fit.classes)["f1_macro"] for p in fit.probabilities]
    best = int(np.argmax(ranks))
    # Where the best member is absent, the others speak for it.
    alone = [
        own[best][s]
        if best in there[s]
        else outputs.probabilities[there[s], s].mean(dim=0).argmax().item()
        for s in range(len(labels))
    ]
    assert got[f"best member (m{best})"] == scores(alone, labels)
    common = int(np.bincount(fit.labels).argmax())
    assert got[f"majority class (c{common})"] == scores([common] * len(labels), labels)


def test_who_is_absent_is_not_right():
    # What stands for an absent member has equal chances, of which the first is the largest.
    outputs = lacking(outputs_of(said_of([0, 1], [1, 1])), (0, 0))
    got = everything(skilled(members=2), outputs, torch.tensor([0, 1]))
    assert got[ORACLE] == scores([1, 1], [0, 1])


@pytest.mark.parametrize("metric", METRICS)
def test_the_best_member_is_that_by_the_metric_asked_for(metric):
    chosen = set()
    for seed in range(12):
        fit = skilled(seed, skill=0.7, samples=20)
        values = [evaluate(p, fit.labels, fit.classes)[metric] for p in fit.probabilities]
        best = np.argmin(values) if metric in {"nll", "ece"} else np.argmax(values)
        assert f"best member (m{best})" in everything(fit, fit.outputs, fit.labels, metric)
        chosen.add(best)
    assert len(chosen) > 1


def test_the_choice_is_made_on_the_fit_split_alone():
    fit, new = skilled(1), skilled(2)
    one = everything(fit, new.outputs, new.labels)
    two = everything(fit, new.outputs, new.labels.roll(1))
    assert list(one) == list(two)
    # On other labels of the fit split another class is frequent.
    other = fit_of(fit.probabilities.roll(1, dims=2), (fit.labels + 1) % 3)
    three = everything(other, new.outputs, new.labels)
    (common, best, *_), (other_common, other_best, *_) = one, three
    assert common != other_common
    assert best == other_best


def test_without_labels_on_the_fit_split_nothing_is_chosen():
    new = skilled()
    nothing = new.select(np.zeros(40, dtype=bool))
    assert list(everything(nothing, new.outputs, new.labels)) == ["mean", ORACLE]


def test_each_split_is_scored_by_itself(several):
    result = run(several, Mean())
    assert list(result.baselines) == [
        "majority class (negative)",
        "best member (m0)",
        "mean",
        ORACLE,
    ]
    for rows in result.baselines.values():
        assert {split: row["support"] for split, row in rows.items()} == {"val": 40, "test": 20}
    for split in ("val", "test"):
        for key in ("accuracy", "f1_weighted", "f1_macro", "support"):
            assert result.baselines["mean"][split][key] == result.metrics[split][key]
    assert result.baselines[ORACLE]["test"]["accuracy"] > result.metrics["test"]["accuracy"]


def test_nothing_is_scored_without_labels(make):
    rows = [(f"s{n}", "predict", None, None) for n in range(4)]
    assert run({"a": make(1, rows=rows), "b": make(2, rows=rows)}, Mean()).baselines == {}
