from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.fusion.pools import linear_pool
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss, score_shares
from lfx.fusion.schemes.scheme import FitData, Scheme
from lfx.fusion.schemes.weighted import Weighted
from lfx.runtime.errors import ConfigError, FusionError

FITTED: list[Scheme] = [
    DetectionRate(alpha, form) for form in ("paper", "corrected") for alpha in ("prior", "none")
]
FITTED += [MinimizingLoss(metric) for metric in ("accuracy", "f1_weighted", "f1_macro")]
SCHEMES: list[Scheme] = [*FITTED, Mean(), Weighted({"m0": 0.7})]
each_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=str)
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
    """Compute accuracy or F1 in plain Python."""
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
def test_detection_rate_like_a_naive_loop(fit_data, form, alpha, sizes):
    fit = fit_data(**sizes)
    want = naive_detection_rate(fit.probabilities.tolist(), fit.labels.tolist(), alpha, form)
    got = DetectionRate(alpha, form).fit(fit)
    assert got.per == "class"
    torch.testing.assert_close(got.values, torch.tensor(want, dtype=torch.float64))


@pytest.mark.parametrize("metric", ["accuracy", "f1_weighted", "f1_macro"])
@few
@given(sizes=SIZES)
def test_minimizing_loss_like_a_naive_loop(fit_data, metric, sizes):
    fit = fit_data(**sizes)
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


def test_a_worked_example_of_the_paper_form():
    # Four samples; member 0 is right on three of them, member 1 on one.
    eye = torch.eye(2, dtype=torch.float64)
    labels = torch.tensor([0, 0, 0, 1])
    said = torch.stack([eye[[0, 0, 1, 1]], eye[[1, 1, 1, 1]]])
    fit = FitData(("m0", "m1"), ("a", "b"), said, labels)
    got = DetectionRate(alpha="none").fit(fit).values
    # DR is [2/4, 1/4] and [0, 1/4].
    want = [[0.5 / 1.25, 0.75 / 1.25], [1 / 1.75, 0.75 / 1.75]]
    torch.testing.assert_close(got, torch.tensor(want, dtype=torch.float64))
    assert got[0, 0] < got[1, 0]  # the caveat: who detects more gets less
    corrected = DetectionRate(alpha="none", form="corrected").fit(fit).values
    want = [[1.0, 0.5], [0.0, 0.5]]
    torch.testing.assert_close(corrected, torch.tensor(want, dtype=torch.float64))


def test_corrected_weights_are_proportional_to_recall(fit_data):
    fit = fit_data(samples=60)
    recalls = torch.stack(
        [
            (fit.probabilities[:, fit.labels == j].argmax(dim=2) == j).double().mean(dim=1)
            for j in range(3)
        ],
        dim=1,
    )
    none = DetectionRate("none", "corrected").fit(fit).values
    torch.testing.assert_close(none, recalls / recalls.sum(dim=0))
    prior = DetectionRate("prior", "corrected").fit(fit).values
    torch.testing.assert_close(prior, (1 + recalls) / (1 + recalls).sum(dim=0))


@pytest.mark.parametrize("alpha", ["prior", "none"])
def test_a_class_that_never_occurs_gets_equal_weights(alpha):
    said = torch.tensor([[[0.9, 0.1]], [[0.2, 0.8]]], dtype=torch.float64)
    fit = FitData(("m0", "m1"), ("a", "b"), said, torch.tensor([0]))
    got = DetectionRate(alpha, "corrected").fit(fit).values
    assert got[:, 1].tolist() == [0.5, 0.5]


def test_the_paper_form_can_leave_a_class_without_weight():
    said = torch.tensor([[[0.9, 0.1]], [[0.8, 0.2]]], dtype=torch.float64)
    fit = FitData(("m0", "m1"), ("a", "b"), said, torch.tensor([0]))
    with pytest.raises(FusionError, match=r"detection rate of class a is 1 .*fusion.alpha=prior"):
        DetectionRate("none").fit(fit)
    assert DetectionRate("prior").fit(fit).values.shape == (2, 2)


def test_all_scores_zero():
    said = torch.tensor([[[0.9, 0.1]], [[0.8, 0.2]]], dtype=torch.float64)
    fit = FitData(("m0", "m1"), ("a", "b"), said, torch.tensor([1]))
    with pytest.raises(FusionError, match=r"accuracy is 0 .* every member \(m0, m1\), so scores"):
        MinimizingLoss().fit(fit)
    with pytest.raises(ValueError, match="all scores are 0"):
        score_shares([0.0, 0.0])


@each_scheme
@few
@given(sizes=SIZES, data=st.data())
def test_order_of_members_does_not_matter(fit_data, scheme, sizes, data):
    fit = fit_data(**sizes)
    order = list(data.draw(st.permutations(range(sizes["members"]))))
    moved = FitData(
        tuple(fit.members[place] for place in order),
        fit.classes,
        fit.probabilities[order],
        fit.labels,
    )
    one, two = weights_or_none(scheme, fit), weights_or_none(scheme, moved)
    if one is None:
        assert two is None
        return
    torch.testing.assert_close(one.values[order], two.values)


@each_scheme
@few
@given(sizes=SIZES, data=st.data())
def test_class_permutation_commutes(fit_data, scheme, sizes, data):
    fit = fit_data(**sizes)
    order = list(data.draw(st.permutations(range(sizes["classes"]))))
    place = torch.tensor([order.index(index) for index in range(len(order))])
    moved = FitData(
        fit.members,
        tuple(fit.classes[index] for index in order),
        fit.probabilities[:, :, order],
        place[fit.labels],
    )
    one, two = weights_or_none(scheme, fit), weights_or_none(scheme, moved)
    if one is None:
        assert two is None
        return
    fused = linear_pool(fit.probabilities, one)[:, order]
    torch.testing.assert_close(fused, linear_pool(moved.probabilities, two))


def weights_or_none(scheme, fit):
    try:
        return scheme.fit(fit)
    except FusionError:
        return None


@each_scheme
@few
@given(sizes=SIZES)
def test_weights_are_shares(fit_data, scheme, sizes):
    weights = weights_or_none(scheme, fit_data(**sizes))
    if weights is None:
        return
    assert bool((weights.values >= 0).all())
    axis = 1 if isinstance(scheme, DetectionRate) and scheme.form == "paper" else 0
    sums = weights.values.sum(dim=axis)
    torch.testing.assert_close(sums, torch.ones_like(sums))


@each_scheme
def test_weights_have_the_type_of_the_probabilities(fit_data, scheme):
    fit = fit_data()
    small = FitData(fit.members, fit.classes, fit.probabilities.float(), fit.labels)
    assert scheme.fit(small).values.dtype == torch.float32


@pytest.mark.parametrize("scheme", [Mean(), Weighted({"m1": 0.25})], ids=str)
def test_no_sample_is_needed(fit_data, scheme):
    fit = fit_data(samples=0)
    assert not scheme.needs_fit
    assert scheme.fit(fit).values.sum().item() == pytest.approx(1)


def test_names_and_needs():
    assert [scheme.name for scheme in (Mean(), Weighted(), DetectionRate(), MinimizingLoss())] == [
        "mean",
        "weighted",
        "detection_rate",
        "minimizing_loss",
    ]
    assert all(scheme.needs_fit for scheme in FITTED)


@pytest.mark.parametrize(
    ("shares", "want"),
    [
        ({}, [1 / 3, 1 / 3, 1 / 3]),
        ({"m0": 0.5}, [0.5, 0.25, 0.25]),
        ({"m2": 0.2, "m1": 0.3}, [0.5, 0.3, 0.2]),
        ({"m1": 1}, [0, 1, 0]),
        ({"m0": 0.2, "m1": 0.3, "m2": 0.5}, [0.2, 0.3, 0.5]),
        ({"m0": 0.1, "m1": 0.9 + 1e-9}, [0.1, 0.9, 0]),
    ],
)
def test_unnamed_members_share_the_remainder(fit_data, shares, want):
    got = Weighted(shares).fit(fit_data(members=3)).values.tolist()
    assert got == pytest.approx(want, abs=1e-8)


def test_every_wrong_share_is_named(fit_data):
    with pytest.raises(FusionError, match="audio") as caught:
        Weighted({"audio": 0.2, "m0": -0.5, "m1": math.nan}).fit(fit_data(members=3))
    assert str(caught.value).splitlines() == [
        "fusion.weights.audio: no such member; there are: m0, m1, m2",
        "fusion.weights.m0: allowed is a share in 0..1; got -0.5",
        "fusion.weights.m1: allowed is a share in 0..1; got nan",
    ]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"m0": 0.7, "m1": 0.7}, r"the shares sum to 1\.4; allowed is 1 at the most"),
        ({"m0": 0.2, "m1": 0.3}, r"shares of all members sum to 0\.5; allowed is 1 \(leave a"),
        ({"m0": 1.5}, r"fusion\.weights\.m0: allowed is a share in 0\.\.1; got 1\.5"),
    ],
)
def test_shares_that_do_not_add_up(fit_data, shares, message):
    with pytest.raises(FusionError, match=message):
        Weighted(shares).fit(fit_data(members=2))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: DetectionRate(alpha="half"), "fusion.alpha: allowed are prior, none; got 'half'"),
        (lambda: DetectionRate(form="new"), "fusion.form: allowed are paper, corrected; got 'new'"),
        (
            lambda: MinimizingLoss(metric="f1"),
            "fusion.metric: allowed are accuracy, f1_weighted, f1_macro; got 'f1'",
        ),
        (
            lambda: Weighted({"m0": "half"}),
            r"fusion\.weights\.m0: allowed is a share .* got 'half'",
        ),
        (lambda: Weighted({"m0": True}), r"fusion\.weights\.m0: allowed is a share .* got True"),
        (lambda: Weighted([0.5]), r"fusion\.weights: allowed is a mapping .* got \[0\.5\]"),
    ],
)
def test_bad_options(build, message):
    with pytest.raises(ConfigError, match=message):
        build()
