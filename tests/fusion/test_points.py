from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.fusion.search.points import count_points, grid_points, random_points

few = settings(max_examples=60, deadline=None)


def compositions(members, steps):
    """Enumerate naively, in lexicographic order."""
    rows = itertools.product(range(steps + 1), repeat=members)
    return [row for row in rows if sum(row) == steps]


def rank_of(parts):
    """Count what comes before a composition, in whole numbers of any size."""
    rank, left = 0, sum(parts)
    for place, part in enumerate(parts[:-1]):
        others = len(parts) - place - 1
        rank += sum(math.comb(left - k + others - 1, others - 1) for k in range(part))
        left -= part
    return rank


@few
@given(members=st.integers(1, 5), steps=st.integers(1, 8))
def test_a_grid_holds_every_composition_once_in_order(members, steps):
    naive = compositions(members, steps)
    assert count_points(members, steps) == len(naive)
    got = grid_points(members, steps, 0, len(naive))
    assert got.shape == (len(naive), members)
    # Exactly k / steps, and not merely close to it.
    assert got.tolist() == [[part / steps for part in row] for row in naive]


@few
@given(members=st.integers(1, 5), steps=st.integers(1, 8), data=st.data())
def test_a_part_of_a_grid_is_that_part(members, steps, data):
    count = count_points(members, steps)
    start = data.draw(st.integers(0, count))
    stop = data.draw(st.integers(start, count))
    whole = grid_points(members, steps, 0, count)
    assert torch.equal(grid_points(members, steps, start, stop), whole[start:stop])


@few
@given(members=st.integers(2, 8), steps=st.integers(1, 120), share=st.floats(0, 1))
def test_a_point_far_in_has_the_rank_it_was_made_from(members, steps, share):
    count = count_points(members, steps)
    start = min(int(share * count), count - 1)
    stop = min(start + 3, count)
    parts = (grid_points(members, steps, start, stop) * steps).round().long().tolist()
    assert [rank_of(row) for row in parts] == list(range(start, stop))
    assert all(sum(row) == steps for row in parts)


def test_two_members_take_as_many_steps_as_one_likes():
    steps = 10**15
    got = grid_points(2, steps, steps - 1, steps + 1)
    assert got.tolist() == [[(steps - 1) / steps, 1 / steps], [1.0, 0.0]]


def test_points_have_the_type_asked_for():
    assert grid_points(3, 7, 0, 36, dtype=torch.float32).dtype == torch.float32
    assert random_points(3, 0, 0, 4, dtype=torch.float32).dtype == torch.float32
    exact = grid_points(3, 7, 0, 36)
    assert torch.equal(grid_points(3, 7, 0, 36, dtype=torch.float32), exact.float())


@few
@given(
    members=st.integers(1, 6),
    seed=st.integers(0, 2**128 - 1),
    cuts=st.lists(st.integers(16_300, 16_500), min_size=1, max_size=4),
)
def test_random_points_do_not_depend_on_where_batches_are_cut(members, seed, cuts):
    # The cuts lie around the end of the first block.
    cuts = sorted({16_290, *cuts, 16_510})
    whole = random_points(members, seed, cuts[0], cuts[-1])
    parts = [random_points(members, seed, low, high) for low, high in itertools.pairwise(cuts)]
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("members", [1, 2, 3, 5])
def test_random_points_are_uniform_on_the_simplex(members):
    number = 60_000
    got = random_points(members, 7, 0, number)
    assert bool((got >= 0).all())
    torch.testing.assert_close(got.sum(dim=1), torch.ones(number, dtype=torch.float64))
    # Of Dirichlet(1): mean 1 / m, mean square 2 / (m (m + 1)), mean product half of that.
    second = 2 / (members * (members + 1))
    wanted = (torch.ones(members, members) + torch.eye(members)).double() * second / 2
    error = 5 / math.sqrt(number)
    assert float((got.mean(dim=0) - 1 / members).abs().max()) < error
    assert float((got.T @ got / number - wanted).abs().max()) < error


def test_random_points_differ_by_seed_and_never_repeat():
    drawn = torch.cat([random_points(3, seed, 0, 40_000) for seed in (0, 1, 2**64)])
    assert len(torch.unique(drawn, dim=0)) == len(drawn)


def test_points_from_nowhere_to_nowhere():
    assert grid_points(3, 4, 5, 5).shape == (0, 3)
    assert random_points(3, 4, 5, 5).shape == (0, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: count_points(0, 5), "1 member or more and 1 step or more; got 0 and 5"),
        (lambda: grid_points(2, 0, 0, 1), "1 step or more; got 2 and 0"),
        (lambda: grid_points(3, 4, 0, 16), r"points must be in 0\.\.15; got 0\.\.16"),
        (lambda: grid_points(3, 4, 3, 2), r"points must be in 0\.\.15; got 3\.\.2"),
        (lambda: grid_points(3, 4, -1, 2), r"got -1\.\.2"),
        (lambda: grid_points(20, 1000, 0, 1), "fewer steps, or random points"),
        (lambda: random_points(0, 0, 0, 1), "there must be 1 member or more; got 0"),
        (lambda: random_points(2, -1, 0, 1), "seed must be 0 or more .* got -1"),
        (lambda: random_points(2, 0, 2, 1), r"points must be 0 or more, in order; got 2\.\.1"),
        (lambda: random_points(2, 0, -1, 1), r"points must be 0 or more, in order; got -1\.\.1"),
    ],
)
def test_points_that_there_are_not(make, message):
    with pytest.raises(ValueError, match=message):
        make()
