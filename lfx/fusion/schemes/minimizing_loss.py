"""Weights per member in proportion to its validation score (paper, section IV.D.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lfx.evaluation.metrics import SCORES, score
from lfx.fusion.schemes.scheme import FitData, require_one_of
from lfx.fusion.weights import Weights
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from collections.abc import Sequence


def score_shares(scores: Sequence[float]) -> list[float]:
    """Compute W_m = s_m / Σ s.

    Args:
        scores: one per member, 0 or more, not all 0.

    Returns:
        One share per member, summing to 1.

    Raises:
        ValueError: all scores are 0.
    """
    total = sum(scores)
    if total <= 0:
        raise ValueError("all scores are 0, so they have no proportion to each other")
    return [value / total for value in scores]


@dataclass(frozen=True)
class MinimizingLoss:
    """Give each member its share of the sum of all members' scores.

    The paper takes the score at the epoch of least validation loss. A member's artifact comes from
    its best checkpoint, so the score is computed anew from the artifact's rows of the fit split.

    Attributes:
        metric: `accuracy`, or `f1_weighted` or `f1_macro`, which the paper recommends for classes
            of unequal size.
    """

    metric: str = "accuracy"
    name: ClassVar[str] = "minimizing_loss"
    needs_fit: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse unknown metrics."""
        require_one_of("fusion.metric", self.metric, SCORES)

    def fit(self, fit: FitData) -> Weights:
        """Score the members and weigh them.

        Raises:
            FusionError: every member scores 0.
        """
        scores = [score(self.metric, member, fit.labels) for member in fit.probabilities]
        if not any(scores):
            raise FusionError(
                f"{self.metric} is 0 on the fit split for every member ({', '.join(fit.members)}), "
                "so scores cannot weigh them; use fusion=mean, or look at the members' metrics.json"
            )
        return Weights("member", fit.probabilities.new_tensor(score_shares(scores)))
