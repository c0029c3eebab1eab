"""Ensemble selection: members are added one at a time, as often as they help."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import torch
from annotated_types import Interval

from lfx.fusion.search.weightings import WeightingScorer
from lfx.fusion.weights import Weights
from lfx.runtime.checked import checked
from lfx.runtime.progress import track
from lfx.runtime.settings import Count, OneOf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from lfx.fusion.outputs import FitData

Aim = OneOf("lfx.evaluation.scores.searchable", ["log_loss"])
_MANY_CLASSES = 100
_LEAST = torch.finfo(torch.float32).tiny


@checked
@dataclass(frozen=True)
class GreedySelection:
    """Start with nothing, and keep adding the member that helps the ensemble's mean most.

    Caruana, Niculescu-Mizil, Crew and Ksikes, Ensemble Selection from Libraries of Models, ICML
    2004: selection with replacement, so that a member may be added again; the best of the ensembles
    on the way counts; and bagging, where several such searches each see a random part of the
    members and are averaged. A member's weight is how often it was added. Of ensembles with the
    same score the one with less log-loss is taken, then the first in the order of names.

    Attributes:
        metric: the score that is to become best, or `log_loss`.
        rounds: members added at the most, in each bag.
        bags: searches that are averaged.
        fraction: the share of the members that a bag sees, above 0 up to 1, but two members at
            least; 1 leaves nothing for bags to differ in.
    """

    metric: Annotated[str, Aim] = "f1_weighted"
    rounds: Count = 50
    bags: Count = 20
    fraction: Annotated[float, Interval(gt=0, le=1)] = 0.5
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Count how often each member is added."""
        members = len(fit.members)
        bag = min(members, max(2, round(self.fraction * members)))
        draws = np.random.default_rng(fit.seed)
        # Bags of the same members find the same; each counts as often as it was drawn.
        chosen = Counter(
            tuple(sorted(draws.choice(members, size=bag, replace=False).tolist()))
            for _ in range(self.bags)
        )
        shown = len(fit.classes) > _MANY_CLASSES  # which takes minutes
        judge = _Judge(fit, self.metric)
        counts = select(judge, list(chosen), members, self.rounds, shown=shown)
        times = torch.tensor(list(chosen.values()), dtype=torch.float64)
        return Weights("member", (times @ counts / times.sum()).to(fit.probabilities))


def select(
    judge: Callable[[Tensor], list[tuple[float, float]]],
    bags: Sequence[tuple[int, ...]],
    members: int,
    rounds: int,
    *,
    shown: bool = False,
) -> Tensor:
    """Run one search for each bag, all of them in step, so that they are scored together.

    Args:
        judge: scores weightings, `(candidates, members)`: what is to become best, then what decides
            between equals.
        bags: the members that each search may add.
        members: how many there are.
        rounds: members added at the most.
        shown: whether progress is shown.

    Returns:
        Each search's best ensemble on the way, as weights, `(bags, members)`, rows summing to 1.
    """
    counts = torch.zeros(len(bags), members, dtype=torch.float64)
    best, best_scores = counts.clone(), [(-math.inf, -math.inf)] * len(bags)
    one_more = torch.eye(members, dtype=torch.float64)
    turns = range(rounds)
    for _ in track(turns, "adding members, round by round", rounds) if shown else turns:
        candidates = torch.cat(
            [own + one_more[list(bag)] for own, bag in zip(counts, bags, strict=True)]
        )
        scores = judge(candidates / candidates.sum(dim=1, keepdim=True))
        start = 0
        for place, bag in enumerate(bags):
            # `max` keeps the first of equals.
            found = max(range(start, start + len(bag)), key=scores.__getitem__)
            counts[place] = candidates[found]
            if scores[found] > best_scores[place]:
                best[place], best_scores[place] = candidates[found], scores[found]
            start += len(bag)
    return best / best.sum(dim=1, keepdim=True)


class _Judge:
    """Scores weightings on the fit split; larger is better, and log-loss decides a tie."""

    def __init__(self, fit: FitData, metric: str) -> None:
        self._metric = metric
        own = None if metric == "log_loss" else metric
        self._scorer = WeightingScorer(fit.probabilities, fit.labels, own)
        places = fit.labels[None, :, None].expand(len(fit.members), -1, 1)
        self._own = fit.probabilities.gather(2, places).squeeze(2).clamp(min=_LEAST)

    def __call__(self, weightings: Tensor) -> list[tuple[float, float]]:
        fused = weightings.to(self._own) @ self._own
        likelihood = fused.log().mean(dim=1).tolist()
        if self._metric == "log_loss":
            return [(value, 0.0) for value in likelihood]
        scores = self._scorer.score(weightings.to(self._own)).of(self._metric)
        # Rounded: sums in another order must not decide what is a tie.
        return [
            (round(score, 12), value)
            for score, value in zip(scores.tolist(), likelihood, strict=True)
        ]
