"""The best weights of all: a search of the whole simplex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from lfx.evaluation.scores import SearchableScore
from lfx.fusion.rules import Pooled
from lfx.fusion.search.curve import Curve, exact_curve
from lfx.fusion.search.points import count_points, finest_steps
from lfx.fusion.search.ranking import Ranking, rank_points
from lfx.fusion.weights import Weights
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Count

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.fusion.outputs import FitData, Outputs

_PAIR = 2
_GRID = 20_000
# Points times samples times classes, with many classes: beyond it a search takes many minutes.
_MANY_CLASSES, _MOST_WORK = 100, 10**9


@dataclass(frozen=True, eq=False)
class Searched:
    """The weights that a search found best, with all that it found.

    Attributes:
        weights: per member.
        found: the exact curve of two members, or the best points of more.
        metric: what they are best in.
    """

    weights: Weights
    found: Curve | Ranking
    metric: str

    def combine(self, outputs: Outputs) -> Tensor:
        """Apply the weights by the linear pool."""
        return Pooled(self.weights).combine(outputs)

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Give the weights, `(members,)`, and how good and how sharp the optimum is."""
        about: dict[str, Any] = {"metric": self.metric}
        if isinstance(self.found, Curve):
            best = self.found.best(self.metric)
            about |= {
                "score": best.score,
                "weight_of": outputs.members[1],
                "interval": [best.low, best.high],
            }
        else:
            about |= {
                "score": float(self.found.scores.of(self.metric)[0]),
                "points": self.found.searched,
                "points_as_good": self.found.as_good,
            }
        return Pooled(self.weights).document(outputs) | {"search": about}


@checked
@dataclass(frozen=True)
class Grid:
    """Score weightings all over the simplex on the fit split, and take the best.

    Of two members' weights every one is scored at once: the fused prediction changes at finitely
    many weights only, so the curve of a score over 0..1 is a step function that can be computed
    exactly. The weight taken is the middle of the widest interval with the best score. Of more
    members a grid is searched, or random points; of those with the best score the one that is
    closest to their mean is taken. In case of two members `steps` and `points` are not read.

    Attributes:
        metric: the score that is to become best.
        steps: three members or more: weights are multiples of 1 / steps; None: the finest grid of
            at most 20,000 points, which takes seconds even for 100,000 samples.
        points: so many uniformly random weightings in place of a grid; None: the grid.
        keep: how many of the best points are kept, for `search.parquet`.
    """

    metric: SearchableScore = "f1_weighted"
    steps: Count | None = None
    points: Count | None = None
    keep: Count = 10_000
    needs_fit: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse two searches at once."""
        if self.steps is not None and self.points is not None:
            raise ConfigError(
                "fusion.steps and fusion.points: a grid or random points, not both; set one of them"
            )

    def fit(self, fit: FitData) -> Searched:
        """Search.

        Raises:
            ConfigError: the grid has more points than can be counted through, or more than many
                classes leave time for.
        """
        if len(fit.members) == _PAIR:
            curve = exact_curve(fit.probabilities, fit.labels, self.metric)
            weight = curve.best(self.metric).weight
            return self._searched(
                fit, torch.tensor([1 - weight, weight], dtype=torch.float64), curve
            )
        steps = self.steps
        if steps is None and self.points is None:
            steps = finest_steps(len(fit.members), _GRID)
        self._refuse_too_much(fit, steps)
        try:
            ranking = rank_points(
                fit.probabilities,
                fit.labels,
                self.metric,
                steps=steps,
                points=self.points,
                keep=self.keep,
                seed=fit.seed,
            )
        except OverflowError as error:
            given = ("steps", steps) if self.points is None else ("points", self.points)
            raise ConfigError(
                f"fusion.{given[0]}={given[1]}: {error}; take fewer, or fusion.points=1000000 "
                "random ones"
            ) from error
        return self._searched(fit, ranking.centre, ranking)

    def _refuse_too_much(self, fit: FitData, steps: int | None) -> None:
        samples, classes = len(fit.labels), len(fit.classes)
        points = self.points if steps is None else count_points(len(fit.members), steps)
        if points is None or classes <= _MANY_CLASSES or points * samples * classes <= _MOST_WORK:
            return
        raise ConfigError(
            f"fusion=grid: {points} weightings of {samples} samples of {classes} classes would "
            f"take many minutes; allowed are {_MOST_WORK // (samples * classes)}, as "
            "fusion.points=NUMBER random ones. fusion=learned finds weights in seconds"
        )

    def _searched(self, fit: FitData, weights: Tensor, found: Curve | Ranking) -> Searched:
        return Searched(Weights("member", weights.to(fit.probabilities)), found, self.metric)
