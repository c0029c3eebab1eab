from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from lfx.evaluation.metrics import score
from lfx.evaluation.scores import searchable
from lfx.fusion.pools import linear_pool
from lfx.fusion.search import weightings
from lfx.fusion.search.points import count_points, grid_points, random_points
from lfx.fusion.search.weightings import WeightingScorer, find_contenders
from lfx.fusion.weights import Weights

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 30), st.integers(2, 6))
SEEDS = st.integers(0, 10_000)
few = settings(max_examples=40, deadline=None)


def draw(sizes, seed, sharpness=0.7):
    members, samples, classes = sizes
    rng = np.random.default_rng(seed)
    alphas = np.full(classes, sharpness)
    probabilities = torch.from_numpy(rng.dirichlet(alphas, size=(members, samples)))
    return probabilities, torch.from_numpy(rng.integers(0, classes, size=samples))


def by_sklearn(probabilities, labels, weights):
    """Score weightings one by one; rows are accuracy, macro and weighted F1."""
    classes = list(range(probabilities.shape[2]))
    rows = []
    for one in weights:
        predicted = np.einsum("m,msc->sc", one.numpy(), probabilities.numpy()).argmax(axis=1)
        rows.append([accuracy_score(labels, predicted)])
        for average in ("macro", "weighted"):
            f1 = f1_score(labels, predicted, labels=classes, average=average, zero_division=0)
            rows[-1].append(f1)
    return torch.tensor(rows, dtype=torch.float64).T


def stacked(scores):
    return torch.stack([scores.of("accuracy"), scores.of("f1_macro"), scores.of("f1_weighted")])


def same(one, two):
    torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


@few
@given(sizes=SIZES, seed=SEEDS, sharpness=st.sampled_from([0.1, 0.7, 10]))
def test_random_weightings_like_sklearn(sizes, seed, sharpness):
    probabilities, labels = draw(sizes, seed, sharpness)
    points = random_points(sizes[0], seed, 0, 20)
    got = WeightingScorer(probabilities, labels).score(points)
    same(stacked(got), by_sklearn(probabilities, labels, points))


@few
@given(sizes=SIZES, seed=SEEDS, steps=st.integers(1, 6))
def test_a_whole_grid_like_sklearn(sizes, seed, steps):
    probabilities, labels = draw(sizes, seed)
    points = grid_points(sizes[0], steps, 0, count_points(sizes[0], steps))
    got = WeightingScorer(probabilities, labels).score(points)
    same(stacked(got), by_sklearn(probabilities, labels, points))


@few
@given(sizes=SIZES, seed=SEEDS)
def test_the_scores_are_those_of_the_pool_that_is_then_applied(sizes, seed):
    probabilities, labels = draw(sizes, seed)
    points = random_points(sizes[0], seed, 0, 5)
    for metric in searchable():
        got = WeightingScorer(probabilities, labels, metric).score(points)
        pooled = [linear_pool(probabilities, Weights("member", one)) for one in points]
        wanted = [score(metric, one, labels) for one in pooled]
        same(got.of(metric), torch.tensor(wanted, dtype=torch.float64))


@few
@given(
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(2, 5)),
    seed=SEEDS,
    steps=st.integers(1, 12),
    parts=st.sampled_from([1, 2, 10]),
)
def test_ties_go_to_the_first_class_as_on_paper(sizes, seed, steps, parts):
    # Probabilities and weights in few steps tie often; 0.1 + 0.2 against 0.3 is one such tie.
    members, samples, classes = sizes
    rng = np.random.default_rng(seed)
    shares = rng.multinomial(parts, np.full(classes, 1 / classes), size=(members, samples))
    labels = rng.integers(0, classes, size=samples)
    points = grid_points(members, steps, 0, min(count_points(members, steps), 60))
    wanted = []
    for row in (points * steps).round().long().tolist():
        exact = [
            [
                sum(Fraction(w) * int(shares[m, s, c]) for m, w in enumerate(row))
                for c in range(classes)
            ]
            for s in range(samples)
        ]
        predicted = [scores.index(max(scores)) for scores in exact]
        wanted.append(float(np.mean(np.array(predicted) == labels)))
    got = WeightingScorer(torch.from_numpy(shares / parts), torch.from_numpy(labels)).score(points)
    same(got.of("accuracy"), torch.tensor(wanted, dtype=torch.float64))


def test_a_sum_that_floats_get_wrong_is_still_a_tie():
    first, second, others = torch.eye(6)[0], torch.eye(6)[1], torch.tensor([0, 0, 1, 1, 1, 1]) / 4
    votes = torch.stack([first, second, second, others])[:, None].double()
    weights = torch.tensor([[0.3, 0.1, 0.2, 0.4]], dtype=torch.float64)
    assert torch.einsum("m,msc->sc", weights[0], votes).argmax() == 1
    assert WeightingScorer(votes, torch.tensor([0])).score(weights).of("accuracy").tolist() == [1]


def test_a_tie_of_the_last_two_of_three_contenders():
    first, second, third = torch.eye(6)[:3]
    others = torch.tensor([0, 0, 0, 1, 1, 1]) / 3
    votes = torch.stack([first, second, third, third, others])[:, None].double()
    weights = torch.tensor([[0.15, 0.3, 0.1, 0.2, 0.25]], dtype=torch.float64)
    assert torch.einsum("m,msc->sc", weights[0], votes).argmax() == 2
    assert WeightingScorer(votes, torch.tensor([1])).score(weights).of("accuracy").tolist() == [1]


@few
@given(sizes=SIZES, seed=SEEDS, cuts=st.lists(st.integers(0, 300), max_size=4))
def test_scores_do_not_depend_on_what_is_scored_together(sizes, seed, cuts):
    probabilities, labels = draw(sizes, seed)
    scorer = WeightingScorer(probabilities, labels)
    points = random_points(sizes[0], seed, 0, 300)
    parts = [stacked(scorer.score(part)) for part in points.tensor_split(sorted(cuts))]
    assert torch.equal(torch.cat(parts, dim=1), stacked(scorer.score(points)))


@pytest.mark.parametrize(("size", "rows"), [(64, 1), (64, 3), (1000, 7), (2**19, 1024)])
def test_scores_do_not_depend_on_how_the_work_is_cut(monkeypatch, size, rows):
    probabilities, labels = draw((3, 50, 5), 0)
    points = random_points(3, 0, 0, 1000)
    wanted = WeightingScorer(probabilities, labels).score(points)
    monkeypatch.setattr(weightings, "_CPU_SIZES", (size, rows, size))
    got = WeightingScorer(probabilities, labels).score(points)
    assert torch.equal(stacked(got), stacked(wanted))


def test_many_samples_and_classes():
    probabilities, labels = draw((2, 20_000, 12), 3)
    points = random_points(2, 0, 0, 4)
    got = WeightingScorer(probabilities, labels).score(points)
    same(stacked(got), by_sklearn(probabilities, labels, points))


@few
@given(sizes=SIZES, seed=SEEDS, data=st.data())
def test_order_of_members_and_classes_does_not_matter(sizes, seed, data):
    probabilities, labels = draw(sizes, seed)
    members = list(data.draw(st.permutations(range(sizes[0]))))
    classes = torch.tensor(data.draw(st.permutations(range(sizes[2]))))
    points = random_points(sizes[0], seed, 0, 20)
    one = WeightingScorer(probabilities, labels).score(points)
    moved = probabilities[members][:, :, classes]
    two = WeightingScorer(moved, classes.argsort()[labels]).score(points[:, members])
    same(stacked(one), stacked(two))


@few
@given(sizes=SIZES, seed=SEEDS, rivals=st.integers(1, 3))
def test_leaving_out_what_cannot_win_changes_nothing(sizes, seed, rivals):
    probabilities, labels = draw(sizes, seed)
    points = random_points(sizes[0], seed, 0, 30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weightings, "_RIVALS", rivals)
        got = WeightingScorer(probabilities, labels)
        scores = stacked(got.score(points))
        everyone = torch.ones(sizes[1:], dtype=torch.bool)
        patch.setattr(weightings, "find_contenders", lambda *_: everyone)
        wanted = WeightingScorer(probabilities, labels)
    assert wanted.contested == sizes[1] >= got.contested
    assert torch.equal(scores, stacked(wanted.score(points)))


@few
@given(sizes=SIZES, seed=SEEDS)
def test_whoever_wins_was_a_contender(sizes, seed):
    probabilities, _ = draw(sizes, seed)
    contenders = find_contenders(probabilities, 1e-12)
    for one in random_points(sizes[0], seed, 0, 30):
        winner = torch.einsum("m,msc->sc", one, probabilities).argmax(dim=1, keepdim=True)
        assert bool(contenders.gather(1, winner).all())


def test_equals_leave_the_first_as_the_only_contender():
    probabilities = torch.tensor([[[0.2, 0.4, 0.4]], [[0.0, 0.5, 0.5]]], dtype=torch.float64)
    assert find_contenders(probabilities, 1e-12).tolist() == [[False, True, False]]
    # The third leads at one member and ties at the other, where its weight may be all.
    probabilities[0, 0] = torch.tensor([0.2, 0.3, 0.5])
    assert find_contenders(probabilities, 1e-12).tolist() == [[False, True, True]]


def test_members_that_agree_on_all_samples_leave_nothing_to_compute():
    probabilities, labels = draw((1, 40, 3), 0)
    points = random_points(3, 0, 0, 10)
    scorer = WeightingScorer(probabilities.expand(3, -1, -1), labels)
    assert scorer.contested == 0
    wanted = by_sklearn(probabilities, labels, torch.ones(1, 1, dtype=torch.float64))
    same(stacked(scorer.score(points)), wanted.expand(-1, 10))


def test_a_class_that_never_occurs_counts_zero_in_the_macro_average():
    probabilities = torch.tensor([[[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]], dtype=torch.float64)
    got = WeightingScorer(probabilities, torch.tensor([0, 1])).score(torch.ones(1, 1))
    same(stacked(got)[:, 0], torch.tensor([1, 2 / 3, 1], dtype=torch.float64))


@few
@given(sizes=SIZES, seed=SEEDS)
def test_all_weight_on_one_member_is_that_member(sizes, seed):
    probabilities, labels = draw(sizes, seed)
    for metric in searchable():
        got = WeightingScorer(probabilities, labels, metric).score(torch.eye(sizes[0]))
        wanted = [score(metric, member, labels) for member in probabilities]
        same(got.of(metric), torch.tensor(wanted, dtype=torch.float64))


def test_float32_is_computed_in_float64():
    probabilities, labels = draw((2, 50, 3), 0)
    points = random_points(2, 0, 0, 50)
    one = WeightingScorer(probabilities.float(), labels.int()).score(points.float())
    two = WeightingScorer(probabilities.float().double(), labels).score(points.float().double())
    assert one.of("accuracy").dtype == torch.float64
    assert torch.equal(stacked(one), stacked(two))


def test_no_weightings_have_no_scores():
    probabilities, labels = draw((2, 5, 3), 0)
    got = WeightingScorer(probabilities, labels).score(torch.empty(0, 2))
    assert stacked(got).shape == (3, 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same():
    probabilities, labels = draw((4, 3000, 6), 0)
    points = random_points(4, 0, 0, 3000)
    wanted = WeightingScorer(probabilities, labels).score(points)
    got = WeightingScorer(probabilities.cuda(), labels.cuda()).score(points.cuda())
    same(stacked(got).cpu(), stacked(wanted))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0.5, 0.6], r"each row must sum to 1; got \[0.5, 0.6\] for weighting 2"),
        ([1.5, -0.5], r"must be 0 or more .* got \[1.5, -0.5\] for weighting 2"),
        ([math.nan, 1.0], "for weighting 2"),
        ([math.inf, 0.0], "for weighting 2"),
    ],
)
def test_weights_off_the_simplex(row, message):
    scorer = WeightingScorer(*draw((2, 5, 3), 0))
    points = torch.tensor([[1.0, 0.0], [0.5, 0.5], row], dtype=torch.float64)
    with pytest.raises(ValueError, match=message):
        scorer.score(points)


def test_weights_of_another_number_of_members():
    scorer = WeightingScorer(*draw((2, 5, 3), 0))
    with pytest.raises(ValueError, match=r"shape \(weightings, 2\); got \(4, 3\)"):
        scorer.score(torch.ones(4, 3) / 3)
    with pytest.raises(ValueError, match=r"shape \(weightings, 2\); got \(2,\)"):
        scorer.score(torch.ones(2) / 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, y: (p[0], y), r"\(members, samples, classes\) .* got \(5, 3\)"),
        (lambda p, y: (p[:0], y), r"1 member or more .* got \(0, 5, 3\)"),
        (lambda p, y: (p[:, :, :1], y), r"2 classes or more; got \(2, 5, 1\)"),
        (lambda p, y: (p, y[:4]), r"labels must have shape \(5,\); got \(4,\)"),
        (lambda p, y: (p[:, :0], y[:0]), "there are no labelled samples to score"),
        (lambda p, y: (p, y.double()), "labels must be integers; got torch.float64"),
        (lambda p, y: (p, y + 2), r"labels must be in 0\.\.2; got "),
        (lambda p, y: (p - 1, y), r"probabilities must be in 0\.\.1; got values in -"),
        (lambda p, y: (p + 1, y), r"probabilities must be in 0\.\.1; got values in 1"),
        (lambda p, y: (p * math.nan, y), r"probabilities must be in 0\.\.1; got values in nan"),
    ],
)
def test_samples_that_no_weighting_can_be_scored_on(change, message):
    probabilities, labels = draw((2, 5, 3), 0)
    labels[0] = 1
    with pytest.raises(ValueError, match=message):
        WeightingScorer(*change(probabilities, labels))


def test_an_unknown_metric():
    got = WeightingScorer(*draw((2, 5, 3), 0)).score(torch.ones(1, 2) / 2)
    with pytest.raises(ValueError, match=r"metric: allowed are accuracy, .* got 'f1'"):
        got.of("f1")
