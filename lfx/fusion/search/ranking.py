"""Find the best of many weightings, in memory that does not grow with their number."""

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
# Searches of more points take about a minute or longer and show their progress.
_MANY = 2**24
_MOST = 10**11


@dataclass(frozen=True, eq=False)
class Ranking:
    """The best points of a search, best first.

    Attributes:
        weights: `(kept, members)`, each row summing to 1.
        scores: their scores, `(kept,)` each.
        centre: the point with the best score that is closest to the mean of all such points,
            `(members,)`.
        searched: the number of points that were scored.
        as_good: the number of points with the best score.
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
    """Score all points of a grid, or random points, and keep the best.

    Args:
        probabilities: `(members, samples, classes)`.
        labels: class indices, `(samples,)`.
        metric: key of the score to maximise.
        steps: weights are multiples of 1 / steps; None for random points.
        points: the number of random points; None for a grid.
        keep: the number of points to keep; of points with the same score the first.
        seed: seed of random points.

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
    if best.has_all:
        return best.ranking(total)
    # More points have the best score than are kept: search the centre among all points.
    centre = _Centre(best.mean)
    for start in _starts(total):
        batch = batch_from(start)
        centre.add(batch[scorer.score(batch).of(metric) == best.top])
    return replace(best.ranking(total), centre=centre.point)


def _starts(total: int) -> Iterator[int]:
    """Return the index of each batch's first point; a long search shows its progress."""
    starts = iter(range(0, total, _BATCH))
    if total <= _MANY:
        return starts
    return track(starts, "scoring weightings", -(-total // _BATCH))


class _Best:
    """The best points so far.

    Args:
        keep: the number of points to keep.
        metric: key of the score to maximise.
        metrics: keys of all computed scores.
        empty: an empty batch, `(0, members)`, with the points' type and device.
    """

    def __init__(self, keep: int, metric: str, metrics: tuple[str, ...], empty: Tensor) -> None:
        self._keep, self._metric = keep, metric
        self._weights = empty
        self._scores = Scores(metrics, empty.new_empty((len(metrics), 0)))
        self.top, self._count = -math.inf, 0
        self._sum = empty.new_zeros(empty.shape[1])

    @property
    def has_all(self) -> bool:
        """Whether all points with the best score are kept."""
        return self._count <= self._keep

    @property
    def mean(self) -> Tensor:
        """The mean of all points with the best score, `(members,)`."""
        return self._sum / self._count

    def add(self, weights: Tensor, scores: Scores) -> None:
        """Add a batch of points."""
        values = scores.of(self._metric)
        top = float(values.max())
        if top > self.top:
            self.top, self._count, self._sum = top, 0, torch.zeros_like(self._sum)
        if top == self.top:
            is_best = values == top
            self._count += int(is_best.sum())
            self._sum += weights[is_best].sum(dim=0)
        weights = torch.cat([self._weights, weights])
        merged = Scores(scores.metrics, torch.cat([self._scores.values, scores.values], dim=1))
        order = merged.of(self._metric).argsort(descending=True, stable=True)[: self._keep]
        self._weights = weights[order]
        self._scores = Scores(scores.metrics, merged.values[:, order])

    def ranking(self, searched: int) -> Ranking:
        """Return the kept points, best first."""
        centre = _Centre(self.mean)
        centre.add(self._weights[self._scores.of(self._metric) == self.top])
        return Ranking(self._weights, self._scores, centre.point, searched, self._count)


class _Centre:
    """The point closest to a mean, of points in batches; the first of equals."""

    def __init__(self, mean: Tensor) -> None:
        self._mean = self.point = mean
        self._distance = float("inf")

    def add(self, points: Tensor) -> None:
        """Add a batch of points."""
        if not len(points):
            return
        distances = (points - self._mean).square().sum(dim=1)
        index = int(distances.argmin())
        if float(distances[index]) < self._distance:
            self.point, self._distance = points[index], float(distances[index])
