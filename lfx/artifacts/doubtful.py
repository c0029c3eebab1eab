"""What members' scores look like, where they are seldom meant so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from lfx.artifacts.predictions import Predictions

# Of float32, and of a table of probabilities with three decimals.
_ROUNDING = 2e-3
_NEARLY_ALL = 0.99
# About as many rows, evenly spread, settle the matter for nearly all members.
_FEW, _MANY = 1000, 0.9


def look_like_probabilities(predictions: Predictions) -> bool:
    """Say whether the logits of nearly all rows lie in 0..1 and sum to 1, as probabilities do.

    Args:
        predictions: one row or more.
    """
    logits = predictions.logits
    few = logits[:: max(1, len(logits) // _FEW)]
    return bool(len(logits)) and _share(few) >= _MANY and _share(logits) >= _NEARLY_ALL


def _share(logits: npt.NDArray[np.float32]) -> float:
    """Give the share of rows that could be probabilities."""
    sums = logits.sum(axis=1, dtype=np.float64)
    inside = (logits.min(axis=1) >= -_ROUNDING) & (logits.max(axis=1) <= 1 + _ROUNDING)
    return float((inside & (np.abs(sums - 1) <= _ROUNDING)).mean())


def probabilities_warning(name: str) -> str:
    """Give what is said of such a member."""
    return (
        f"member {name}: its logits lie in 0..1 and sum to 1, they look like probabilities; lfx "
        "takes logits and applies softmax, which would level them out: give log-probabilities "
        "(np.log) in their place. Nothing is converted"
    )
