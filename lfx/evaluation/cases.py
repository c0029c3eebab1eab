"""Samples on which two models disagree about the truth, the most confident first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


class Cases(NamedTuple):
    """Positions of samples, `(cases,)` each.

    Attributes:
        mended: the one is wrong, the other right.
        broken: the one is right, the other wrong.
    """

    mended: npt.NDArray[np.intp]
    broken: npt.NDArray[np.intp]


def find_cases(
    one: npt.NDArray[np.floating],
    other: npt.NDArray[np.floating],
    labels: npt.NDArray[np.integer],
) -> Cases:
    """Find what changes from one model to another (the paper's table I: from text to fusion).

    Args:
        one: probabilities, `(samples, classes)`.
        other: the same, of the model that is asked about.
        labels: class indices, `(samples,)`.

    Returns:
        Both kinds, ranked by the confidence with which `other` says what it says; where that is
        equal, by position.
    """
    is_right, becomes_right = (scores.argmax(axis=1) == labels for scores in (one, other))
    order = np.argsort(-other.max(axis=1), kind="stable")
    mended = order[(~is_right & becomes_right)[order]]
    return Cases(mended, order[(is_right & ~becomes_right)[order]])
