from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from lfx.evaluation.scores import searchable
from lfx.fusion.search import curve as curves
from lfx.fusion.search import envelope
from lfx.fusion.search.curve import Curve, exact_curve
from lfx.fusion.search.points import random_points
from lfx.fusion.search.scores import Scores
from lfx.fusion.search.weightings import WeightingScorer

SIZES = st.tuples(st.integers(1, 20), st.integers(2, 6))
SEEDS = st.integers(0, 10_000)
few = settings(max_examples=50, deadline=None)


def draw(sizes, seed, sharpness=0.7):
    samples, classes = sizes
    rng = np.random.default_rng(seed)
    probabilities = torch.from_numpy(rng.dirichlet([sharpness] * classes, size=(2, samples)))
    return probabilities, torch.from_numpy(rng.integers(0, classes, size=samples))


def pair(first, second, labels):
    both = torch.tensor([first, second], dtype=torch.float64)
    return exact_curve(both, torch.tensor(labels))


def in_fractions(shares):
    """Compute edges and predictions exactly, by trying between all crossings of any two lines.

    `shares` are whole numbers, `(2, samples, classes)`.
    """
    _, samples, classes = shares.shape
    lines = [[[Fraction(int(x)) for x in row] for row in member] for member in shares]

    def height(w, s, c):
        return (1 - w) * lines[0][s][c] + w * lines[1][s][c]

    edges = {Fraction(0), Fraction(1)}
    for s, (c, d) in itertools.product(range(samples), itertools.combinations(range(classes), 2)):
        gap = [lines[m][s][c] - lines[m][s][d] for m in (0, 1)]
        if gap[0] != gap[1] and 0 < gap[0] / (gap[0] - gap[1]) < 1:
            edges.add(gap[0] / (gap[0] - gap[1]))
    edges = sorted(edges)
    kept, predictions = [edges[0]], []
    for low, high in itertools.pairwise(edges):
        heights = [[height((low + high) / 2, s, c) for c in range(classes)] for s in range(samples)]
        predicted = [row.index(max(row)) for row in heights]
        if predictions and predictions[-1] == predicted:
            kept[-1] = high
        else:
            kept.append(high)
            predictions.append(predicted)
    return [float(edge) for edge in kept], predictions


def by_sklearn(labels, predicted, classes):
    every = list(range(classes))
    f1 = [
        f1_score(labels, predicted, labels=every, average=average, zero_division=0)
        for average in ("macro", "weighted")
    ]
    return [accuracy_score(labels, predicted), *f1]


def stacked(curve):
    return torch.stack([curve.scores.of(key) for key in ("accuracy", "f1_macro", "f1_weighted")])


def same(one, two):
    torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


@few
@given(
    sizes=st.tuples(st.integers(1, 6), st.integers(2, 5)),
    seed=SEEDS,
    parts=st.sampled_from([1, 2, 4, 10, 12]),
)
def test_like_fractions_with_all_the_ties_and_coincidences_of_few_steps(sizes, seed, parts):
    samples, classes = sizes
    rng = np.random.default_rng(seed)
    shares = rng.multinomial(parts, np.full(classes, 1 / classes), size=(2, samples))
    labels = rng.integers(0, classes, size=samples)
    edges, predictions = in_fractions(shares)
    got = exact_curve(torch.from_numpy(shares / parts), torch.from_numpy(labels))
    same(got.edges, torch.tensor(edges, dtype=torch.float64))
    wanted = [by_sklearn(labels, predicted, classes) for predicted in predictions]
    same(stacked(got), torch.tensor(wanted, dtype=torch.float64).T)


@few
@given(sizes=SIZES, seed=SEEDS, sharpness=st.sampled_from([0.1, 0.7, 10]))
def test_like_sklearn_in_the_middle_of_every_interval(sizes, seed, sharpness):
    probabilities, labels = draw(sizes, seed, sharpness)
    got = exact_curve(probabilities, labels)
    assert bool((got.edges.diff() > 0).all())
    assert got.edges[[0, -1]].tolist() == [0, 1]
    for place, w in enumerate((got.edges[1:] + got.edges[:-1]) / 2):
        predicted = ((1 - w) * probabilities[0] + w * probabilities[1]).argmax(dim=1)
        wanted = by_sklearn(labels, predicted, sizes[1])
        same(stacked(got)[:, place], torch.tensor(wanted, dtype=torch.float64))


@few
@given(sizes=SIZES, seed=SEEDS)
def test_every_weighting_lies_on_the_curve(sizes, seed):
    probabilities, labels = draw(sizes, seed)
    got = exact_curve(probabilities, labels)
    points = random_points(2, seed, 0, 200)
    place = torch.searchsorted(got.edges, points[:, 1].contiguous()) - 1
    scores = WeightingScorer(probabilities, labels).score(points)
    for metric in scores.metrics:
        same(got.scores.of(metric)[place], scores.of(metric))


@few
@given(sizes=SIZES, seed=SEEDS)
def test_members_that_change_places_mirror_the_curve(sizes, seed):
    probabilities, labels = draw(sizes, seed)
    one, two = exact_curve(probabilities, labels), exact_curve(probabilities.flip(0), labels)
    same(one.edges, 1 - two.edges.flip(0))
    same(stacked(one), stacked(two).flip(1))


@few
@given(sizes=SIZES, seed=SEEDS, data=st.data())
def test_order_of_classes_does_not_matter(sizes, seed, data):
    probabilities, labels = draw(sizes, seed)
    order = torch.tensor(data.draw(st.permutations(range(sizes[1]))))
    one = exact_curve(probabilities, labels)
    two = exact_curve(probabilities[:, :, order], order.argsort()[labels])
    same(one.edges, two.edges)
    same(stacked(one), stacked(two))


@few
@given(sizes=SIZES, seed=SEEDS)
def test_the_best_is_the_widest_run_of_the_highest_score(sizes, seed):
    probabilities, labels = draw(sizes, seed)
    for metric in searchable():
        got = exact_curve(probabilities, labels, metric)
        scores, edges = got.scores.of(metric).tolist(), got.edges.tolist()
        runs = [
            (edges[last + 1] - edges[first], edges[first], edges[last + 1])
            for first in range(len(scores))
            for last in range(first, len(scores))
            if all(score > max(scores) - 1e-12 for score in scores[first : last + 1])
        ]
        best = got.best(metric)
        assert best.score == max(scores)
        assert best.high - best.low == pytest.approx(max(runs)[0], abs=1e-12)
        assert any(run[1:] == (best.low, best.high) for run in runs)
        assert best.low < best.weight < best.high
        found = torch.tensor([[1 - best.weight, best.weight]], dtype=torch.float64)
        scored = WeightingScorer(probabilities, labels, metric).score(found).of(metric)
        assert scored.item() == pytest.approx(best.score, abs=1e-12)


@pytest.mark.parametrize("size", [1, 7, 30])
def test_parts_of_the_work_make_the_same_curve(monkeypatch, size):
    probabilities, labels = draw((60, 4), 5)
    wanted = exact_curve(probabilities, labels)
    monkeypatch.setattr(envelope, "_MOST_ELEMENTS", size)
    monkeypatch.setattr(curves, "_MOST_ELEMENTS", size)
    got = exact_curve(probabilities, labels)
    assert torch.equal(got.edges, wanted.edges)
    assert torch.equal(stacked(got), stacked(wanted))


def test_many_samples_like_the_scorer():
    probabilities, labels = draw((20_000, 5), 1)
    got = exact_curve(probabilities, labels)
    middles = (got.edges[1:] + got.edges[:-1]) / 2
    few_of_them = torch.arange(0, len(middles), 501)
    w = middles[few_of_them]
    scores = WeightingScorer(probabilities, labels).score(torch.stack([1 - w, w], dim=1))
    same(got.scores.values[:, few_of_them], scores.values)


def test_equal_members_have_one_interval():
    probabilities, labels = draw((30, 3), 0)
    got = exact_curve(probabilities[:1].expand(2, -1, -1), labels)
    assert got.edges.tolist() == [0, 1]
    best = got.best("accuracy")
    assert (best.low, best.high, best.weight) == (0, 1, 0.5)


def test_the_weight_is_the_second_member_s():
    # The second member is right, and prevails from a quarter on.
    got = pair([[0.6, 0.4]], [[0.2, 0.8]], [1])
    same(got.edges, torch.tensor([0, 0.25, 1], dtype=torch.float64))
    assert got.scores.of("accuracy").tolist() == [0, 1]


ABOVE_3 = 0.1 + 0.2  # by one bit
ABOVE_7 = 0.7000000000000001


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0.0, 0.5, 0.5], [0.2, 0.4, 0.4]),
        ([0.0, 0.3, ABOVE_3], [0.0, 0.7, 0.7]),
        ([0.0, 0.3, 0.3], [0.0, 0.7, ABOVE_7]),
        ([0.0, ABOVE_3, 0.3], [0.0, 0.7, ABOVE_7]),  # in floats the lines cross at 1/3
        ([0.0, 0.3, ABOVE_3], [0.0, ABOVE_7, 0.7]),
    ],
)
def test_lines_that_are_the_same_up_to_rounding_go_to_the_first_class(first, second):
    got = pair([first], [second], [1])
    assert got.edges.tolist() == [0, 1]
    assert got.scores.of("accuracy").tolist() == [1]


def test_lines_that_part_from_one_point_up_to_rounding():
    # In floats the second class leads up to 5e-11.
    got = pair([[0.3, ABOVE_3]], [[0.5, 0.5 - 1e-6]], [0])
    assert got.edges.tolist() == [0, 1]
    assert got.scores.of("accuracy").tolist() == [1]


@few
@given(samples=st.integers(1, 8), classes=st.integers(2, 5), seed=SEEDS)
def test_lines_nearly_the_same_leave_a_curve_in_order(samples, classes, seed):
    rng = np.random.default_rng(seed)
    lines = rng.integers(0, 4, size=(2, samples, classes)) / 4
    lines += rng.choice([0, 4e-13, 1e-12, 1.1e-12, 2e-12, 1e-11], size=lines.shape)
    got = exact_curve(torch.from_numpy(lines), torch.zeros(samples, dtype=torch.int64))
    assert got.edges[[0, -1]].tolist() == [0, 1]
    assert bool((got.edges.diff() > 1e-12).all())
    assert bool(((got.scores.of("accuracy") >= 0) & (got.scores.of("accuracy") <= 1)).all())


def test_breakpoints_at_the_ends_are_none():
    # Undecided at 0: what rises leads at once. Undecided at 1: what leads leads to the end.
    assert pair([[0.5, 0.5]], [[0.2, 0.8]], [1]).edges.tolist() == [0, 1]
    assert pair([[0.5, 0.5]], [[0.2, 0.8]], [1]).scores.of("accuracy").tolist() == [1]
    assert pair([[0.2, 0.8]], [[0.5, 0.5]], [1]).edges.tolist() == [0, 1]
    assert pair([[0.2, 0.8]], [[0.5, 0.5]], [1]).scores.of("accuracy").tolist() == [1]


def test_a_breakpoint_at_an_end_up_to_rounding_is_none():
    got = pair([[0.8, 0.2]], [[0.5, 0.5000000000000001]], [0])
    assert got.edges.tolist() == [0, 1]
    assert got.scores.of("accuracy").tolist() == [1]


def test_a_line_that_only_touches_the_corner_leads_nowhere():
    got = pair([[0.4, 0.8, 0.0]], [[0.4, 0.0, 0.8]], [0])
    same(got.edges, torch.tensor([0, 0.5, 1], dtype=torch.float64))
    assert got.scores.of("accuracy").tolist() == [0, 0]


def test_breakpoints_that_coincide_are_one():
    got = pair([[0.8, 0.2], [0.2, 0.8]], [[0.2, 0.8], [0.8, 0.2]], [0, 0])
    same(got.edges, torch.tensor([0, 0.5, 1], dtype=torch.float64))
    assert got.scores.of("accuracy").tolist() == [0.5, 0.5]


def test_breakpoints_that_coincide_up_to_rounding_are_one():
    # All at 1/3, in floats at three numbers around it.
    first = [[0.1, 0.0], [0.3, 0.2], [0.8, 0.7]]
    second = [[0.0, 0.2], [0.6, 0.8], [0.3, 0.5]]
    got = pair(first, second, [1, 0, 1])
    same(got.edges, torch.tensor([0, 1 / 3, 1], dtype=torch.float64))
    assert got.scores.of("accuracy").tolist() == pytest.approx([1 / 3, 2 / 3])


def test_the_weight_recommended_avoids_a_breakpoint():
    # On both sides one of the two is right; in the middle both tie, and go to the first class.
    got = pair([[0.8, 0.2], [0.2, 0.8]], [[0.2, 0.8], [0.8, 0.2]], [1, 1])
    best = got.best("accuracy")
    assert (best.score, best.low, best.high) == (0.5, 0, 1)
    assert best.weight == pytest.approx(0.25)


def test_of_equally_wide_intervals_the_first_is_best():
    edges = torch.tensor([0, 0.1, 0.3, 0.6, 0.8, 1], dtype=torch.float64)
    scores = torch.tensor([0.5, 0.9, 0.1, 0.9, 0.3], dtype=torch.float64)
    best = Curve(edges, Scores(("f1_macro",), scores[None])).best("f1_macro")
    assert (best.score, best.low, best.high) == (0.9, 0.1, 0.3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same():
    probabilities, labels = draw((3000, 5), 0)
    wanted = exact_curve(probabilities, labels)
    got = exact_curve(probabilities.cuda(), labels.cuda())
    same(got.edges.cpu(), wanted.edges)
    same(stacked(got).cpu(), stacked(wanted))


def test_other_than_two_members():
    probabilities, labels = draw((5, 3), 0)
    with pytest.raises(ValueError, match="an exact curve takes 2 members; got 1"):
        exact_curve(probabilities[:1], labels)
    with pytest.raises(ValueError, match="there are no labelled samples"):
        exact_curve(probabilities[:, :0], labels[:0])


def test_an_unknown_metric():
    with pytest.raises(ValueError, match=r"metric: allowed are accuracy, .* got 'f1'"):
        exact_curve(*draw((5, 3), 0)).best("f1")
