"""Points of the simplex of weights, made in batches: a grid in full, or random ones."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

_CPU = torch.device("cpu")
_LARGEST = torch.iinfo(torch.int64).max
# Random points are drawn in whole blocks of this many, whatever part of a block is asked for.
_BLOCK = 16384


def count_points(members: int, steps: int) -> int:
    """Count the weightings in multiples of 1 / steps: C(steps + members - 1, members - 1).

    Args:
        members: 1 or more.
        steps: 1 or more.

    Raises:
        ValueError: fewer members or steps.
    """
    if members < 1 or steps < 1:
        raise ValueError(
            f"there must be 1 member or more and 1 step or more; got {members} and {steps}"
        )
    return math.comb(steps + members - 1, members - 1)


def finest_steps(members: int, most: int) -> int:
    """Give the largest number of steps whose grid has `most` points or fewer; 1 at the least."""
    if members == 1:
        return 1
    steps = 1
    while count_points(members, steps + 1) <= most:
        steps += 1
    return steps


def grid_points(
    members: int,
    steps: int,
    start: int,
    stop: int,
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device = _CPU,
) -> Tensor:
    """Make points start..stop - 1 of the grid, in lexicographic order.

    The first point gives all weight to the last member, the last to the first member. Each point is
    found from its number alone (unranking in the combinatorial number system), so a batch costs the
    same wherever it lies.

    Args:
        members: 1 or more.
        steps: weights are multiples of 1 / steps; 1 or more.
        start: number of the first point.
        stop: number after the last point, `count_points` at the most.
        dtype: of the result; float32 holds k / steps to its own precision up to 2 ** 24 steps.
        device: where the points are made.

    Returns:
        Weights, `(stop - start, members)`, in 0..1: exactly the quotients k / steps, whose
        numerators sum to `steps`.

    Raises:
        ValueError: numbers out of range, or a grid of 2 ** 63 points or more.
    """
    count = count_points(members, steps)
    if count > _LARGEST:
        raise ValueError(
            f"a grid of {members} members in {steps} steps has {count:.2e} points; allowed are "
            f"{_LARGEST:.2e} (take fewer steps, or random points)"
        )
    if not 0 <= start <= stop <= count:
        raise ValueError(f"points must lie in 0..{count}; got {start}..{stop}")
    rank = torch.arange(start, stop, device=device)
    left = torch.full_like(rank, steps)
    parts = torch.empty(stop - start, members, dtype=torch.int64, device=device)
    for member in range(members - 1):
        kept, rank = _rest(rank, left, members - member, steps)
        parts[:, member] = left - kept
        left = kept
    parts[:, -1] = left
    return parts.to(dtype) / steps


def _rest(rank: Tensor, left: Tensor, places: int, steps: int) -> tuple[Tensor, Tensor]:
    """Find what the first of some places leaves to the others, and the rank among those.

    `T(x) = C(x + places - 1, places - 1)` counts the ways to share x steps among all places. Those
    with less than k steps at the first place are `T(left) - T(left - k)`; the first place holds the
    largest k for which that is not above `rank`.
    """
    if places == 2:  # noqa: PLR2004, T(x) = x + 1, and a table could be as long as the grid
        return left - rank, torch.zeros_like(rank)
    table = _ways(places, steps).to(rank.device)
    target = table[left] - rank
    kept = torch.searchsorted(table, target)
    return kept, table[kept] - target


@lru_cache(maxsize=16)
def _ways(places: int, steps: int) -> Tensor:
    """Count the ways to share 0..steps steps among some places, `(steps + 1,)`."""
    ways = torch.ones(steps + 1, dtype=torch.int64)
    for _ in range(places - 1):
        ways = ways.cumsum(dim=0)
    return ways


def random_points(
    members: int,
    seed: int,
    start: int,
    stop: int,
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device = _CPU,
) -> Tensor:
    """Make points start..stop - 1 of an endless sequence, uniform on the simplex (Dirichlet(1)).

    A point depends on the seed and its number only, not on where batches are cut, nor on the
    device: points come in fixed blocks, and each block has a stretch of its own in the counter of a
    Philox generator, on the CPU. Exponential variates divided by their sum are uniform on the
    simplex (Devroye, Non-Uniform Random Variate Generation, 1986, chapter V.2).

    Args:
        members: 1 or more.
        seed: 0 or more, below 2 ** 128.
        start: number of the first point, 0 or more.
        stop: number after the last point.
        dtype: of the result.
        device: where the result lies.

    Returns:
        Weights, `(stop - start, members)`, in 0..1; each row sums to 1 within rounding.

    Raises:
        ValueError: numbers out of range.
    """
    if members < 1:
        raise ValueError(f"there must be 1 member or more; got {members}")
    if not 0 <= seed < 2**128:
        raise ValueError(f"seed must be 0 or more and below 2 ** 128; got {seed}")
    if not 0 <= start <= stop:
        raise ValueError(f"points must have numbers from 0 upwards; got {start}..{stop}")
    drawn = np.empty((stop - start, members))
    for block in range(start // _BLOCK, -(-stop // _BLOCK)):
        first = block * _BLOCK
        low, high = max(start, first), min(stop, first + _BLOCK)
        philox = np.random.Philox(key=seed, counter=block << 64)
        whole = np.random.Generator(philox).standard_exponential((_BLOCK, members))
        drawn[low - start : high - start] = whole[low - first : high - first]
    drawn /= drawn.sum(axis=1, keepdims=True)
    return torch.from_numpy(drawn).to(dtype).to(device)
