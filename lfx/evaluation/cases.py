"""Samples that one model gets right and another wrong, the most confident first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


class Cases(NamedTuple):
    """Positions of samples, `(cases,)` each.

    Attributes:
        corrected: the first model is wrong and the second right.
        corrupted: the first model is right and the second wrong.
    """

    corrected: npt.NDArray[np.intp]
    corrupted: npt.NDArray[np.intp]


def find_cases(
    before: npt.NDArray[np.floating],
    after: npt.NDArray[np.floating],
    labels: npt.NDArray[np.integer],
) -> Cases:
    """Find the samples that two models disagree on (the paper's table I: text and fusion).

    Args:
        before: probabilities of the first model, `(samples, classes)`.
        after: probabilities of the second model, `(samples, classes)`.
        labels: class indices, `(samples,)`.

    Returns:
        Corrected and corrupted samples, each ranked by the confidence of the second model, then by
        position.
    """
    was_right, is_right = (scores.argmax(axis=1) == labels for scores in (before, after))
    order = np.argsort(-after.max(axis=1), kind="stable")
    return Cases(
        corrected=order[(~was_right & is_right)[order]],
        corrupted=order[(was_right & ~is_right)[order]],
    )
