"""A check for probabilities in place of logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from lfx.artifacts.predictions import Predictions

# Covers float32 and probabilities written with three decimals.
_ROUNDING = 2e-3
_LEAST_SHARE = 0.99
# About this many rows, evenly spread, decide quickly for members that are clearly logits.
_FIRST_ROWS, _LEAST_SHARE_OF_FIRST = 1000, 0.9


def look_like_probabilities(predictions: Predictions) -> bool:
    """Return whether nearly all rows of logits are in 0..1 and sum to 1, as probabilities do.

    Args:
        predictions: one row or more.
    """
    logits = predictions.logits
    if not len(logits):
        return False
    first_rows = logits[:: max(1, len(logits) // _FIRST_ROWS)]
    return _share(first_rows) >= _LEAST_SHARE_OF_FIRST and _share(logits) >= _LEAST_SHARE


def _share(logits: npt.NDArray[np.float32]) -> float:
    """Compute the share of rows that could be probabilities."""
    sums = logits.sum(axis=1, dtype=np.float64)
    inside = (logits.min(axis=1) >= -_ROUNDING) & (logits.max(axis=1) <= 1 + _ROUNDING)
    return float((inside & (np.abs(sums - 1) <= _ROUNDING)).mean())


def probabilities_warning(name: str) -> str:
    """Return the warning about a member whose logits look like probabilities."""
    return (
        f"member {name}: its logits are in 0..1 and sum to 1, so they look like probabilities. lfx "
        "expects logits and applies softmax, which would make the probabilities nearly uniform: "
        "write log-probabilities (np.log) instead. Nothing is converted"
    )
