"""The best of many weightings, in memory that does not grow with their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lfx.fusion.search.points import count_points, grid_points, random_points
from lfx.fusion.search.scores import Scores
from lfx.fusion.search.weightings import WeightingScorer
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterator

_BATCH = 2**18
# About a minute's work: from here on progress is shown, and there is an end to patience.
_MANY = 2**24
_MOST = 10**11


@dataclass(frozen=True, eq=False)
class Ranking:
    """The best points of a search, best first.

    Attributes:
        weights: `(kept, members)`, each row summing to 1.
        scores: of each of them.
        centre: of the points with the best score the one closest to the mean of all of those,
            `(members,)`.
        searched: how many points were scored.
        as_good: how many of them have the best score.
    """

    weights: Tensor
    scores: Scores
    centre: Tensor
    searched: int
    as_good: int


def rank_points(
    probabilities: Tensor,
    labels: Tensor,
    metric: str,
    *,
    steps: int | None,
    points: int | None,
    keep: int,
    seed: int = 0,
) -> Ranking:
    """Score all points of a grid, or random ones, and keep the best.

    Args:
        probabilities: `(members, samples, classes)`.
        labels: class indices, `(samples,)`.
        metric: `accuracy`, `f1_weighted` or `f1_macro`.
        steps: weights are multiples of 1 / steps; None where `points` are random.
        points: so many random ones; None where a grid is searched.
        keep: how many are kept; of points with the same score the first in the search.
        seed: of random points.

    Raises:
        OverflowError: there are more than 10¹¹ points.
        ValueError: neither or both of `steps` and `points` are given.
    """
    members = len(probabilities)
    if (steps is None) == (points is None):
        raise ValueError(f"either steps or points must be given; got {steps} and {points}")
    total = points if steps is None else count_points(members, steps)
    if total is None or total > _MOST:
        raise OverflowError(f"{total:.1e} points are more than the {_MOST:.0e} that are allowed")
    scorer = WeightingScorer(probabilities, labels)
    starts: Iterator[int] = iter(range(0, total, _BATCH))
    if total > _MANY:
        starts = track(starts, "scoring weightings", -(-total // _BATCH))
    best = _Best(members, keep, metric, probabilities.device)
    for start in starts:
        stop = min(start + _BATCH, total)
        device = probabilities.device
        if steps is None:
            batch = random_points(members, seed, start, stop, device=device)
        else:
            batch = grid_points(members, steps, start, stop, device=device)
        best.add(batch, scorer.score(batch))
    return best.ranking(total)


class _Best:
    """The best points so far."""

    def __init__(self, members: int, keep: int, metric: str, device: torch.device) -> None:
        self._keep, self._metric = keep, metric
        self._weights = torch.empty((0, members), dtype=torch.float64, device=device)
        self._scores = torch.empty((3, 0), dtype=torch.float64, device=device)
        self._top, self._count = -1.0, 0
        self._sum = torch.zeros(members, dtype=torch.float64, device=device)

    def add(self, weights: Tensor, scores: Scores) -> None:
        """Look at some more points."""
        own = scores.of(self._metric)
        top = float(own.max())
        if top > self._top:
            self._top, self._count, self._sum = top, 0, torch.zeros_like(self._sum)
        if top == self._top:
            tied = own == top
            self._count += int(tied.sum())
            self._sum += weights[tied].sum(dim=0)
        three = torch.stack([scores.accuracy, scores.f1_macro, scores.f1_weighted])
        weights = torch.cat([self._weights, weights])
        three = torch.cat([self._scores, three], dim=1)
        ranked = Scores(*three).of(self._metric).argsort(descending=True, stable=True)[: self._keep]
        self._weights, self._scores = weights[ranked], three[:, ranked]

    def ranking(self, searched: int) -> Ranking:
        """Give what is left."""
        scores = Scores(*self._scores)
        tied = self._weights[scores.of(self._metric) == self._top]
        centre = tied[(tied - self._sum / self._count).square().sum(dim=1).argmin()]
        return Ranking(self._weights, scores, centre, searched, self._count)
