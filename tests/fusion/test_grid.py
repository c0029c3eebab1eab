from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import draw_fit, fit_of
from sklearn.metrics import accuracy_score, f1_score

from lfx.fusion.schemes.grid import Grid
from lfx.fusion.search import ranking
from lfx.fusion.search.points import count_points, finest_steps
from lfx.fusion.search.ranking import rank_points
from lfx.runtime.errors import ConfigError

few = settings(max_examples=12, deadline=None)
METRICS = ("accuracy", "f1_weighted", "f1_macro")


def scored(fit, weights, metric):
    said = torch.einsum("m,msc->sc", weights, fit.probabilities).argmax(dim=1)
    if metric == "accuracy":
        return accuracy_score(fit.labels, said)
    average = metric.removeprefix("f1_")
    labels = range(len(fit.classes))
    return f1_score(fit.labels, said, labels=labels, average=average, zero_division=0)


def all_points(members, steps):
    for parts in itertools.product(range(steps + 1), repeat=members):
        if sum(parts) == steps:
            yield torch.tensor(parts, dtype=torch.float64) / steps


@few
@given(seed=st.integers(0, 1000), metric=st.sampled_from(METRICS))
def test_a_grid_like_a_naive_loop(seed, metric):
    fit = draw_fit(seed, members=3, samples=14)
    points = list(all_points(3, 6))
    scores = [scored(fit, point, metric) for point in points]
    found = Grid(metric, steps=6).fit(fit)
    assert found.result.searched == len(points) == 28
    assert found.result.scores.of(metric)[0].item() == pytest.approx(max(scores))
    best = [point for point, own in zip(points, scores, strict=True) if own >= max(scores) - 1e-12]
    assert found.result.as_good == len(best)
    mean = torch.stack(best).mean(dim=0)
    nearest = min((point - mean).square().sum().item() for point in best)
    got = (found.weights.values - mean).square().sum().item()
    assert got == pytest.approx(nearest, abs=1e-12)
    ranked = found.result.scores.of(metric).tolist()
    assert ranked == pytest.approx(sorted(scores, reverse=True))


@few
@given(seed=st.integers(0, 1000), metric=st.sampled_from(METRICS))
def test_two_members_do_no_worse_than_any_grid(seed, metric):
    fit = draw_fit(seed, samples=25, skill=1.0)
    found = Grid(metric).fit(fit)
    own = scored(fit, found.weights.values, metric)
    # On a grid that misses the breakpoints, where ties are a matter of taste.
    steps = [
        torch.tensor([1 - w, w], dtype=torch.float64) for w in torch.linspace(0.0013, 0.9987, 97)
    ]
    assert own >= max(scored(fit, point, metric) for point in steps) - 1e-12
    about = found.document(fit.outputs)["search"]
    assert about["score"] == pytest.approx(own)
    assert about["interval"][0] <= found.weights.values[1].item() <= about["interval"][1]
    assert about["weight_of"] == "m1"


def test_what_is_kept_does_not_depend_on_batches(monkeypatch):
    fit = draw_fit(members=3, samples=30)
    options = {"steps": None, "points": 1000, "keep": 50, "seed": 3}
    one = rank_points(fit.probabilities, fit.labels, "accuracy", **options)
    monkeypatch.setattr(ranking, "_BATCH", 64)
    two = rank_points(fit.probabilities, fit.labels, "accuracy", **options)
    assert torch.equal(one.weights, two.weights)
    assert torch.equal(one.scores.of("accuracy"), two.scores.of("accuracy"))
    assert (one.searched, one.as_good) == (two.searched, two.as_good)
    assert len(one.weights) == 50
    torch.testing.assert_close(one.centre, two.centre)


def test_random_points_follow_the_seed():
    fit = draw_fit(members=4, samples=30)
    one, two = Grid(points=500).fit(fit), Grid(points=500).fit(fit)
    assert torch.equal(one.weights.values, two.weights.values)
    assert one.result.searched == 500
    torch.testing.assert_close(one.result.weights.sum(dim=1), torch.ones(500, dtype=torch.float64))


@pytest.mark.parametrize("members", [2, 3])
def test_order_of_members_and_classes_does_not_matter(members):
    fit = draw_fit(5, members=members, samples=40, skill=1.0)
    own = Grid(steps=10).fit(fit)
    flipped = fit_of(fit.probabilities.flip(0), fit.labels)
    best, other = (
        scored(fit, one, "f1_weighted")
        for one in (own.weights.values, Grid(steps=10).fit(flipped).weights.values.flip(0))
    )
    assert best == pytest.approx(other)
    turned = fit_of(fit.probabilities.flip(2), 2 - fit.labels)
    moved = Grid(steps=10).fit(turned)
    torch.testing.assert_close(moved.weights.values, own.weights.values)


@pytest.mark.parametrize("members", [3, 4, 5, 9])
def test_the_grid_of_default_size(members):
    steps = finest_steps(members, 20_000)
    assert count_points(members, steps) <= 20_000 < count_points(members, steps + 1)
    assert finest_steps(1, 5) == 1


def test_one_member():
    assert Grid().fit(draw_fit(members=1)).weights.values.tolist() == [1.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "nll"}, r"metric: allowed are accuracy, .*; got 'nll'"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"points": 0}, "points must be at least 1, got 0"),
        ({"keep": 0}, "keep must be at least 1, got 0"),
        ({"steps": 5, "points": 5}, r"fusion\.steps and fusion\.points: a grid or random"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ConfigError, match=message):
        Grid(**options)


def test_a_grid_too_fine_is_refused():
    with pytest.raises(ConfigError, match=r"fusion\.steps=1000: .* take fewer, or random"):
        Grid(steps=1000).fit(draw_fit(members=9))
    fit = draw_fit(members=3)
    with pytest.raises(ValueError, match="either steps or points must be given"):
        rank_points(fit.probabilities, fit.labels, "accuracy", steps=3, points=3, keep=1)


@pytest.mark.parametrize("points", [None, 500])
@pytest.mark.parametrize("batch", [2**18, 64])
def test_how_many_are_kept_changes_no_weight(monkeypatch, points, batch):
    monkeypatch.setattr(ranking, "_BATCH", batch)
    # Members that agree: every weighting is as good as any other.
    said = draw_fit(3, members=1, samples=12).probabilities.repeat(3, 1, 1)
    fit = fit_of(said, torch.arange(12) % 3)
    steps = None if points else 12
    found = [Grid(steps=steps, points=points, keep=keep).fit(fit) for keep in (1, 7, 10_000)]
    assert {one.result.as_good for one in found} == {points or 91}
    for one in found[:2]:
        assert torch.equal(one.weights.values, found[2].weights.values)
    if points is None:
        assert found[0].weights.values.tolist() == pytest.approx([1 / 3] * 3)


def test_the_middle_of_a_narrow_interval_is_in_it():
    # Best for weights of m1 in 0.3..0.300000004, which float32 cannot tell apart.
    low, high = 0.3, 0.300000004
    rows = [[0.5 + 0.35 * low / (1 - low), 0.15], [0.5 - 0.35 * high / (1 - high), 0.85]]
    said = torch.tensor(rows, dtype=torch.float64).T
    both = torch.stack([said, 1 - said], dim=2)
    fit = fit_of(both, torch.tensor([1, 1]))
    curve = Grid("accuracy").fit(fit)
    assert scored(fit, curve.weights.values, "accuracy") == 1


def test_too_many_points_are_told_by_the_option_that_was_set():
    fit = draw_fit(members=3)
    with pytest.raises(ConfigError, match=r"fusion.points=1000000000000: "):
        Grid(points=10**12).fit(fit)
    with pytest.raises(ConfigError, match=r"fusion.steps=10000000: "):
        Grid(steps=10**7).fit(fit)
