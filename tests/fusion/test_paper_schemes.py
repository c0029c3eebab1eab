from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import draw_fit, fit_of, same

from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss, score_shares
from lfx.runtime.errors import ConfigError, FusionError

few = settings(max_examples=25, deadline=None)
SIZES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "members": st.integers(2, 4),
        "samples": st.integers(4, 20),
        "classes": st.integers(2, 4),
    }
)


def naive_detection_rate(probabilities, labels, alpha, form):
    """Follow section IV.D.1 of the paper in plain Python, from the four counts."""
    members, classes, total = len(probabilities), len(probabilities[0][0]), len(labels)
    rewards = []
    for said_by_member in probabilities:
        said = [row.index(max(row)) for row in said_by_member]
        row = []
        for j in range(classes):
            counts = {"TP": 0, "TN": 0, "FP": 0, "FN": 0}
            for guess, truth in zip(said, labels, strict=True):
                right = (guess == j) == (truth == j)
                counts[("T" if right else "F") + ("P" if guess == j else "N")] += 1
            rate = counts["TP"] / sum(counts.values())
            share = labels.count(j) / total if alpha == "prior" else 0
            row.append(1 - rate + share if form == "paper" else rate + share)
        rewards.append(row)
    if form == "paper":
        return [[value / sum(row) for value in row] for row in rewards]
    columns = [sum(row[j] for row in rewards) for j in range(classes)]
    return [
        [row[j] / columns[j] if columns[j] else 1 / members for j in range(classes)]
        for row in rewards
    ]


def naive_score(metric, rows, labels):
    """Compute accuracy, F1 or 1 / log-loss in plain Python."""
    if metric == "inverse_log_loss":
        losses = [-math.log(row[label]) for row, label in zip(rows, labels, strict=True)]
        return len(losses) / math.fsum(losses)
    said = [row.index(max(row)) for row in rows]
    if metric == "accuracy":
        return sum(a == b for a, b in zip(said, labels, strict=True)) / len(labels)
    scores = []
    for j in range(len(rows[0])):
        hits = sum(a == b == j for a, b in zip(said, labels, strict=True))
        either = said.count(j) + labels.count(j)
        scores.append((2 * hits / either if either else 0.0, labels.count(j)))
    if metric == "f1_macro":
        return sum(f1 for f1, _ in scores) / len(scores)
    return sum(f1 * count for f1, count in scores) / len(labels)


@pytest.mark.parametrize("form", ["paper", "corrected"])
@pytest.mark.parametrize("alpha", ["prior", "none"])
@few
@given(sizes=SIZES)
def test_detection_rate_like_a_naive_loop(form, alpha, sizes):
    fit = draw_fit(**sizes)
    want = naive_detection_rate(fit.probabilities.tolist(), fit.labels.tolist(), alpha, form)
    got = DetectionRate(alpha, form).fit(fit)
    assert got.per == "class"
    torch.testing.assert_close(got.values, torch.tensor(want, dtype=torch.float64))


@pytest.mark.parametrize("metric", ["accuracy", "f1_weighted", "f1_macro", "inverse_log_loss"])
@few
@given(sizes=SIZES)
def test_minimizing_loss_like_a_naive_loop(metric, sizes):
    fit = draw_fit(**sizes)
    labels = fit.labels.tolist()
    scores = [naive_score(metric, rows, labels) for rows in fit.probabilities.tolist()]
    if not any(scores):
        with pytest.raises(FusionError, match="is 0 on the fit split for every member"):
            MinimizingLoss(metric).fit(fit)
        return
    want = [value / sum(scores) for value in scores]
    got = MinimizingLoss(metric).fit(fit)
    assert got.per == "member"
    torch.testing.assert_close(got.values, torch.tensor(want, dtype=torch.float64))


@pytest.mark.parametrize("members", [1, 2, 3, 5])
def test_what_the_published_code_does(members):
    fit = draw_fit(3, members=members, samples=30, skill=1.0)
    paper = MinimizingLoss().fit(fit).values.tolist()
    got = MinimizingLoss(form="published_code").fit(fit).values.tolist()
    # Inverted: (1 - share) over their sum. Then handed out from the other end of the list.
    inverted = [1 - share for share in paper] if members > 1 else [1.0]
    want = [share / sum(inverted) for share in inverted][::-1]
    assert got == pytest.approx(want)
    # The two undo each other for two members, not for more.
    assert (got == pytest.approx(paper)) == (members <= 2)


def test_a_member_without_loss_does_not_get_everything():
    said = torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]], [[0.5, 0.5]]], dtype=torch.float64)
    got = MinimizingLoss("inverse_log_loss").fit(fit_of(said, torch.tensor([0]))).values
    assert got[0] == got[1]
    assert 0 < got[2] < 1e-5


def test_a_worked_example_of_the_paper_form():
    # Four samples; member 0 is right on three of them, member 1 on one.
    eye = torch.eye(2, dtype=torch.float64)
    labels = torch.tensor([0, 0, 0, 1])
    said = torch.stack([eye[[0, 0, 1, 1]], eye[[1, 1, 1, 1]]])
    fit = fit_of(said, labels)
    got = DetectionRate(alpha="none").fit(fit).values
    # DR is [2/4, 1/4] and [0, 1/4].
    want = [[0.5 / 1.25, 0.75 / 1.25], [1 / 1.75, 0.75 / 1.75]]
    torch.testing.assert_close(got, torch.tensor(want, dtype=torch.float64))
    assert got[0, 0] < got[1, 0]  # the caveat: who detects more gets less
    corrected = DetectionRate(alpha="none", form="corrected").fit(fit).values
    want = [[1.0, 0.5], [0.0, 0.5]]
    torch.testing.assert_close(corrected, torch.tensor(want, dtype=torch.float64))


def test_corrected_weights_are_proportional_to_recall():
    fit = draw_fit(samples=60)
    recalls = torch.stack(
        [
            (fit.probabilities[:, fit.labels == j].argmax(dim=2) == j).double().mean(dim=1)
            for j in range(3)
        ],
        dim=1,
    )
    none = DetectionRate("none", "corrected").fit(fit).values
    same(none, recalls / recalls.sum(dim=0))
    prior = DetectionRate("prior", "corrected").fit(fit).values
    same(prior, (1 + recalls) / (1 + recalls).sum(dim=0))


ONE = torch.tensor([[[0.9, 0.1]], [[0.8, 0.2]]], dtype=torch.float64)


@pytest.mark.parametrize("alpha", ["prior", "none"])
def test_a_class_that_never_occurs_gets_equal_weights(alpha):
    said = torch.tensor([[[0.9, 0.1]], [[0.2, 0.8]]], dtype=torch.float64)
    got = DetectionRate(alpha, "corrected").fit(fit_of(said, torch.tensor([0]))).values
    assert got[:, 1].tolist() == [0.5, 0.5]


def test_the_paper_form_can_leave_a_class_without_weight():
    fit = fit_of(ONE, torch.tensor([0]))
    with pytest.raises(FusionError, match=r"detection rate of class c0 is 1 .*fusion.alpha=prior"):
        DetectionRate("none").fit(fit)
    assert DetectionRate("prior").fit(fit).values.shape == (2, 2)


def test_all_scores_zero():
    fit = fit_of(ONE, torch.tensor([1]))
    with pytest.raises(FusionError, match=r"accuracy is 0 .* every member \(m0, m1\), so mem"):
        MinimizingLoss().fit(fit)
    with pytest.raises(ValueError, match="all scores are 0"):
        score_shares([0.0, 0.0])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: DetectionRate(alpha="half"), "alpha: allowed are prior, none; got 'half'"),
        (lambda: DetectionRate(form="new"), "form: allowed are paper, corrected; got 'new'"),
        (
            lambda: MinimizingLoss(metric="f1"),
            r"metric: allowed are accuracy, f1_weighted, .*, inverse_log_loss; got 'f1'",
        ),
        (
            lambda: MinimizingLoss(form="inverse"),
            "form: allowed are paper, published_code; got 'inverse'",
        ),
    ],
)
def test_bad_options(build, message):
    with pytest.raises(ConfigError, match=message):
        build()
