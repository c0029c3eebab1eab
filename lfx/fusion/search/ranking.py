"""The best of many weightings, in memory that does not grow with their number."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
        metric: key of the score that makes points the best.
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
    scorer = WeightingScorer(probabilities, labels, metric)

    def batch_from(start: int) -> Tensor:
        stop = min(start + _BATCH, total)
        dtype, device = scorer.dtype, probabilities.device
        if steps is None:
            return random_points(members, seed, start, stop, dtype=dtype, device=device)
        return grid_points(members, steps, start, stop, dtype=dtype, device=device)

    best = _Best(keep, metric, scorer.metrics, batch_from(0)[:0])
    for start in _starts(total):
        batch = batch_from(start)
        best.add(batch, scorer.score(batch))
    if best.has_them_all:
        return best.ranking(total)
    # More points are as good as the best one than are kept: the centre is sought among all.
    centre = _Centre(best.mean)
    for start in _starts(total):
        batch = batch_from(start)
        centre.add(batch[scorer.score(batch).of(metric) == best.top])
    return replace(best.ranking(total), centre=centre.found)


def _starts(total: int) -> Iterator[int]:
    """Give the number of each batch's first point; a long search shows its progress."""
    numbers = iter(range(0, total, _BATCH))
    if total <= _MANY:
        return numbers
    return track(numbers, "scoring weightings", -(-total // _BATCH))


class _Best:
    """The best points so far.

    Args:
        keep: how many are kept.
        metric: what they are best in.
        metrics: all scores that are computed.
        none: no points, `(0, members)`, of the points' type and device.
    """

    def __init__(self, keep: int, metric: str, metrics: tuple[str, ...], none: Tensor) -> None:
        self._keep, self._metric = keep, metric
        self._weights = none
        self._scores = Scores(metrics, none.new_empty((len(metrics), 0)))
        self.top, self._count = -math.inf, 0
        self._sum = none.new_zeros(none.shape[1])

    @property
    def has_them_all(self) -> bool:
        """Whether all points with the best score are among those that are kept."""
        return self._count <= self._keep

    @property
    def mean(self) -> Tensor:
        """The mean of all points with the best score, `(members,)`."""
        return self._sum / self._count

    def add(self, weights: Tensor, scores: Scores) -> None:
        """Look at some more points."""
        own = scores.of(self._metric)
        top = float(own.max())
        if top > self.top:
            self.top, self._count, self._sum = top, 0, torch.zeros_like(self._sum)
        if top == self.top:
            tied = own == top
            self._count += int(tied.sum())
            self._sum += weights[tied].sum(dim=0)
        weights = torch.cat([self._weights, weights])
        both = Scores(scores.metrics, torch.cat([self._scores.values, scores.values], dim=1))
        ranked = both.of(self._metric).argsort(descending=True, stable=True)[: self._keep]
        self._weights = weights[ranked]
        self._scores = Scores(scores.metrics, both.values[:, ranked])

    def ranking(self, searched: int) -> Ranking:
        """Give what is left."""
        centre = _Centre(self.mean)
        centre.add(self._weights[self._scores.of(self._metric) == self.top])
        return Ranking(self._weights, self._scores, centre.found, searched, self._count)


class _Centre:
    """Of points that come in batches the one closest to their mean; the first of equals."""

    def __init__(self, mean: Tensor) -> None:
        self._mean = self.found = mean
        self._distance = float("inf")

    def add(self, points: Tensor) -> None:
        """Look at some more points."""
        if not len(points):
            return
        distances = (points - self._mean).square().sum(dim=1)
        place = int(distances.argmin())
        if float(distances[place]) < self._distance:
            self.found, self._distance = points[place], float(distances[place])
