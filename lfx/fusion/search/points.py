"""Points of the simplex of weights in batches: a complete grid, or random points."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

_CPU = torch.device("cpu")
_PAIR = 2
_LARGEST = torch.iinfo(torch.int64).max
# Random points are drawn in whole blocks of this size, even if only a part is needed.
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
    """Return the largest number of steps whose grid has at most `most` points; at least 1."""
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
    """Return points start..stop - 1 of the grid, in lexicographic order.

    The first point gives all weight to the last member, the last point all to the first member.
    Each point is computed from its index alone (unranking in the combinatorial number system), so
    the cost of a batch does not depend on its position.

    Args:
        members: 1 or more.
        steps: weights are multiples of 1 / steps; 1 or more.
        start: index of the first point.
        stop: index after the last point, at most `count_points`.
        dtype: type of the result; float32 holds k / steps to its precision up to 2 ** 24 steps.
        device: device of the computation.

    Returns:
        Weights, `(stop - start, members)`, in 0..1: exactly the quotients k / steps, whose
        numerators sum to `steps`.

    Raises:
        ValueError: indices out of range, or a grid of 2 ** 63 points or more.
    """
    count = count_points(members, steps)
    if count > _LARGEST:
        raise ValueError(
            f"a grid of {members} members in {steps} steps has {count:.2e} points; allowed are "
            f"{_LARGEST:.2e} (take fewer steps, or random points)"
        )
    if not 0 <= start <= stop <= count:
        raise ValueError(f"points must be in 0..{count}; got {start}..{stop}")
    rank = torch.arange(start, stop, device=device)
    remaining = torch.full_like(rank, steps)
    numerators = torch.empty(stop - start, members, dtype=torch.int64, device=device)
    for member in range(members - 1):
        left, rank = _unrank(rank, remaining, members - member, steps)
        numerators[:, member] = remaining - left
        remaining = left
    numerators[:, -1] = remaining
    return numerators.to(dtype) / steps


def _unrank(rank: Tensor, remaining: Tensor, members: int, steps: int) -> tuple[Tensor, Tensor]:
    """Compute the steps that the first member leaves to the others, and the rank among those.

    `T(x) = C(x + members - 1, members - 1)` is the number of ways to share x steps among the
    members. `T(remaining) - T(remaining - k)` of them give the first member fewer than k steps; it
    gets the largest k for which this number is not above `rank`.
    """
    if members == _PAIR:  # T(x) = x + 1, and a table could be as long as the grid
        return remaining - rank, torch.zeros_like(rank)
    table = _count_ways(members, steps).to(rank.device)
    target = table[remaining] - rank
    left = torch.searchsorted(table, target)
    return left, table[left] - target


@lru_cache(maxsize=16)
def _count_ways(members: int, steps: int) -> Tensor:
    """Compute the number of ways to share 0..steps steps among members, `(steps + 1,)`."""
    ways = torch.ones(steps + 1, dtype=torch.int64)
    for _ in range(members - 1):
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
    """Return points start..stop - 1 of an infinite sequence, uniform on the simplex (Dirichlet(1)).

    A point depends on the seed and its index only, not on the batch or the device: points are drawn
    in fixed blocks on the CPU, each with a separate range of the counter of a Philox generator.
    Exponential variates divided by their sum are uniform on the simplex (Devroye, Non-Uniform
    Random Variate Generation, 1986, chapter V.2).

    Args:
        members: 1 or more.
        seed: 0 or more, below 2 ** 128.
        start: index of the first point, 0 or more.
        stop: index after the last point.
        dtype: type of the result.
        device: device of the result.

    Returns:
        Weights, `(stop - start, members)`, in 0..1; each row sums to 1 within rounding.

    Raises:
        ValueError: indices out of range.
    """
    if members < 1:
        raise ValueError(f"there must be 1 member or more; got {members}")
    if not 0 <= seed < 2**128:
        raise ValueError(f"seed must be 0 or more and below 2 ** 128; got {seed}")
    if not 0 <= start <= stop:
        raise ValueError(f"points must be 0 or more, in order; got {start}..{stop}")
    drawn = np.empty((stop - start, members))
    for block in range(start // _BLOCK, -(-stop // _BLOCK)):
        first = block * _BLOCK
        low, high = max(start, first), min(stop, first + _BLOCK)
        philox = np.random.Philox(key=seed, counter=block << 64)
        variates = np.random.Generator(philox).standard_exponential((_BLOCK, members))
        drawn[low - start : high - start] = variates[low - first : high - first]
    drawn /= drawn.sum(axis=1, keepdims=True)
    return torch.from_numpy(drawn).to(dtype).to(device)
