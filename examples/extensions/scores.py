"""A score of one's own, with an option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Gt

from lfx import Score

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.evaluation.count_scores import Counts


def f_beta(beta: Annotated[float, Gt(0)] = 2.0) -> Score:
    """Return the macro-averaged F-beta score.

    Args:
        beta: how many times as much recall counts as precision.
    """

    def compute(counts: Counts) -> Tensor:
        both = counts.predicted + beta**2 * counts.support
        return ((1 + beta**2) * counts.hits / both.clamp(min=1)).mean(dim=0)

    return Score("f_beta", f"F{beta:g}", compute)
