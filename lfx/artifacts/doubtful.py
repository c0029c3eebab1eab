"""What members' scores look like, where they are seldom meant so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions

# Of float32, and of a table of probabilities with three decimals.
_ROUNDING = 2e-3
_NEARLY_ALL = 0.99


def look_like_probabilities(predictions: Predictions) -> bool:
    """Say whether the logits of nearly all rows lie in 0..1 and sum to 1, as probabilities do.

    Args:
        predictions: one row or more.
    """
    logits = predictions.logits
    if len(logits) == 0:
        return False
    sums = logits.sum(axis=1, dtype=np.float64)
    inside = (logits.min(axis=1) >= -_ROUNDING) & (logits.max(axis=1) <= 1 + _ROUNDING)
    return bool((inside & (np.abs(sums - 1) <= _ROUNDING)).mean() >= _NEARLY_ALL)


def probabilities_warning(name: str) -> str:
    """Give what is said of such a member."""
    return (
        f"member {name}: its logits lie in 0..1 and sum to 1, they look like probabilities; lfx "
        "takes logits and applies softmax, which would level them out: give log-probabilities "
        "(np.log) in their place. Nothing is converted"
    )
