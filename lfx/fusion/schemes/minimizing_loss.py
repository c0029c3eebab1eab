"""Weights per member in proportion to its validation score (paper, section IV.D.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from lfx.evaluation.metrics import score
from lfx.evaluation.probability_scores import log_loss
from lfx.fusion.weights import Weights
from lfx.runtime.checked import checked
from lfx.runtime.errors import FusionError
from lfx.runtime.settings import OneOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from lfx.fusion.outputs import FitData

Skill = OneOf("lfx.evaluation.scores.shares", ["inverse_log_loss"])
_LEAST_LOSS = 1e-6


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
        raise ValueError("all scores are 0, so there are no shares")
    return [value / total for value in scores]


def inverted_and_reversed(shares: Sequence[float]) -> list[float]:
    """Transform shares as the paper's published code does.

    It changes each share s to (1 - s) / (members - 1), so that a better member gets less, and then
    reverses the order of the list. For two members the two steps cancel out; for three or more they
    do not, and a member's weight depends on the score of another member.

    Args:
        shares: one per member, in the order of the members' names, summing to 1.

    Returns:
        One share per member, summing to 1.
    """
    if len(shares) == 1:
        return list(shares)
    return [(1 - share) / (len(shares) - 1) for share in reversed(shares)]


@checked
@dataclass(frozen=True)
class MinimizingLoss:
    """Weigh each member by its share of the sum of all members' scores.

    The paper takes the score at the epoch of least validation loss. A member's artifact comes from
    its best checkpoint, so the score is computed from the artifact's rows of the fit split.

    Attributes:
        metric: a score that is never below 0 (the paper recommends F1 for classes of unequal size),
            or `inverse_log_loss`, 1 / mean negative log-likelihood.
        form: `paper`, or `published_code` (see `inverted_and_reversed`), which is equal for two
            members.
    """

    metric: Annotated[str, Skill] = "accuracy"
    form: Literal["paper", "published_code"] = "paper"
    needs_fit: ClassVar[bool] = True

    def fit(self, fit: FitData) -> Weights:
        """Compute weights from the members' scores.

        Raises:
            FusionError: the score of every member is 0.
        """
        scores = [self._score(member, fit.labels) for member in fit.probabilities]
        if not any(scores):
            raise FusionError(
                f"{self.metric} is 0 on the fit split for every member ({', '.join(fit.members)}), "
                "so members cannot be weighed by it; use fusion=mean, or check the members' "
                "metrics.json"
            )
        shares = score_shares(scores)
        if self.form == "published_code":
            shares = inverted_and_reversed(shares)
        return Weights("member", fit.probabilities.new_tensor(shares))

    def _score(self, probabilities: Tensor, labels: Tensor) -> float:
        if self.metric == "inverse_log_loss":
            # Without a lower limit a loss of 0 would give an infinite weight.
            return 1 / max(log_loss(probabilities, labels), _LEAST_LOSS)
        return score(self.metric, probabilities, labels)
