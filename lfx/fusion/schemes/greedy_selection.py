"""Greedy ensemble selection: members are added one at a time while the ensemble improves."""

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
    """Start with an empty ensemble, and repeatedly add the member that improves its mean most.

    Caruana, Niculescu-Mizil, Crew and Ksikes, Ensemble Selection from Libraries of Models, ICML
    2004: selection with replacement, so that a member may be added again; the best ensemble of all
    rounds is taken; and bagging: several searches on random subsets of the members are averaged. A
    member's weight is the number of times it was added. Of ensembles with the same score the one
    with the lower log-loss is taken, then the first in the order of names.

    Attributes:
        metric: the score to maximise, or `log_loss` to minimise.
        rounds: the largest number of added members per bag.
        bags: the number of searches that are averaged.
        fraction: the share of the members in a bag, above 0 up to 1, but at least two members; with
            1 all bags are equal.
    """

    metric: Annotated[str, Aim] = "f1_weighted"
    rounds: Count = 50
    bags: Count = 20
    fraction: Annotated[float, Interval(gt=0, le=1)] = 0.5
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Compute weights from the number of times each member is added."""
        members = len(fit.members)
        size = min(members, max(2, round(self.fraction * members)))
        generator = np.random.default_rng(fit.seed)
        # Equal bags give equal results: each is searched once, and counts as often as drawn.
        bags = Counter(
            tuple(sorted(generator.choice(members, size=size, replace=False).tolist()))
            for _ in range(self.bags)
        )
        scorer = _Scorer(fit, self.metric)
        takes_minutes = len(fit.classes) > _MANY_CLASSES
        weights = select(scorer, list(bags), members, self.rounds, show_progress=takes_minutes)
        times = torch.tensor(list(bags.values()), dtype=torch.float64)
        return Weights("member", (times @ weights / times.sum()).to(fit.probabilities))


def select(
    score: Callable[[Tensor], list[tuple[float, float]]],
    bags: Sequence[tuple[int, ...]],
    members: int,
    rounds: int,
    *,
    show_progress: bool = False,
) -> Tensor:
    """Run one search per bag, all of them round by round, so that they are scored together.

    Args:
        score: scores weightings, `(candidates, members)`: the value to maximise, then the value
            that decides between equals.
        bags: the members that each search may add.
        members: the number of members.
        rounds: the largest number of added members.
        show_progress: whether to show progress.

    Returns:
        The best ensemble of each search, as weights, `(bags, members)`, rows summing to 1.
    """
    counts = torch.zeros(len(bags), members, dtype=torch.float64)
    best, best_scores = counts.clone(), [(-math.inf, -math.inf)] * len(bags)
    one_hot = torch.eye(members, dtype=torch.float64)
    numbers = range(rounds)
    message = "adding members, round by round"
    for _ in track(numbers, message, rounds) if show_progress else numbers:
        candidates = torch.cat(
            [count + one_hot[list(bag)] for count, bag in zip(counts, bags, strict=True)]
        )
        scores = score(candidates / candidates.sum(dim=1, keepdim=True))
        start = 0
        for row, bag in enumerate(bags):
            # `max` returns the first of equals.
            top = max(range(start, start + len(bag)), key=scores.__getitem__)
            counts[row] = candidates[top]
            if scores[top] > best_scores[row]:
                best[row], best_scores[row] = candidates[top], scores[top]
            start += len(bag)
    return best / best.sum(dim=1, keepdim=True)


class _Scorer:
    """Scores weightings on the fit split; larger is better, and log-loss decides between equals."""

    def __init__(self, fit: FitData, metric: str) -> None:
        self._metric = metric
        count_metric = None if metric == "log_loss" else metric
        self._scorer = WeightingScorer(fit.probabilities, fit.labels, count_metric)
        labels = fit.labels[None, :, None].expand(len(fit.members), -1, 1)
        self._likelihoods = fit.probabilities.gather(2, labels).squeeze(2).clamp(min=_LEAST)

    def __call__(self, weightings: Tensor) -> list[tuple[float, float]]:
        weightings = weightings.to(self._likelihoods)
        log_likelihoods = (weightings @ self._likelihoods).log().mean(dim=1).tolist()
        if self._metric == "log_loss":
            return [(value, 0.0) for value in log_likelihoods]
        scores = self._scorer.score(weightings).of(self._metric)
        # Rounded, so that the order of additions does not decide between equals.
        return [
            (round(score, 12), value)
            for score, value in zip(scores.tolist(), log_likelihoods, strict=True)
        ]
