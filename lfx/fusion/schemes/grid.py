"""Search the whole simplex for the best weights."""

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
# Points times samples times classes; with many classes a larger search takes many minutes.
_MANY_CLASSES, _MOST_WORK = 100, 10**9


@dataclass(frozen=True, eq=False)
class Searched:
    """The best weights of a search, and its complete result.

    Attributes:
        weights: weights per member.
        result: the exact curve of two members, or the best points of more members.
        metric: key of the score that was maximised.
    """

    weights: Weights
    result: Curve | Ranking
    metric: str

    def combine(self, outputs: Outputs) -> Tensor:
        """Apply the weights by the linear pool."""
        return Pooled(self.weights).combine(outputs)

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Return the weights, `(members,)`, and the score and the width of the optimum."""
        search: dict[str, Any] = {"metric": self.metric}
        if isinstance(self.result, Curve):
            best = self.result.best(self.metric)
            search |= {
                "score": best.score,
                "weight_of": outputs.members[1],
                "interval": [best.low, best.high],
            }
        else:
            search |= {
                "score": float(self.result.scores.of(self.metric)[0]),
                "points": self.result.searched,
                "points_as_good": self.result.as_good,
            }
        return Pooled(self.weights).document(outputs) | {"search": search}


@checked
@dataclass(frozen=True)
class Grid:
    """Score weightings on the whole simplex on the fit split, and take the best.

    For two members every weight is scored exactly: the fused predictions change at finitely many
    weights, so the score is a step function of the weight in 0..1. The middle of the widest
    interval with the best score is taken. For more members a grid or random points are scored; of
    those with the best score the one closest to their mean is taken. `steps` and `points` have no
    effect with two members.

    Attributes:
        metric: the score to maximise.
        steps: weights are multiples of 1 / steps, for three members or more; None: the finest grid
            of at most 20,000 points, which takes seconds even for 100,000 samples.
        points: the number of uniformly random weightings in place of a grid; None: the grid.
        keep: the number of best points to keep, for `search.parquet`.
    """

    metric: SearchableScore = "f1_weighted"
    steps: Count | None = None
    points: Count | None = None
    keep: Count = 10_000
    needs_fit: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that not both a grid and random points are set."""
        if self.steps is not None and self.points is not None:
            raise ConfigError(
                "fusion.steps and fusion.points: a grid or random points, not both; set one of them"
            )

    def fit(self, fit: FitData) -> Searched:
        """Search the best weights per member.

        Raises:
            ConfigError: the search has too many points for the time that they would take.
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
            name, value = ("steps", steps) if self.points is None else ("points", self.points)
            raise ConfigError(
                f"fusion.{name}={value}: {error}; take fewer, or random points with "
                "fusion.points=1000000"
            ) from error
        return self._searched(fit, ranking.centre, ranking)

    def _refuse_too_much(self, fit: FitData, steps: int | None) -> None:
        samples, classes = len(fit.labels), len(fit.classes)
        points = self.points if steps is None else count_points(len(fit.members), steps)
        if points is None or classes <= _MANY_CLASSES or points * samples * classes <= _MOST_WORK:
            return
        raise ConfigError(
            f"fusion=grid: {points} weightings of {samples} samples of {classes} classes would "
            f"take many minutes; allowed are {_MOST_WORK // (samples * classes)}: set "
            "fusion.points=NUMBER for random ones, or use fusion=learned, which takes seconds"
        )

    def _searched(self, fit: FitData, weights: Tensor, result: Curve | Ranking) -> Searched:
        return Searched(Weights("member", weights.to(fit.probabilities)), result, self.metric)
