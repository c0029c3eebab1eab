"""Several tests at once: adjusted p-values, and the models that cannot be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted for several tests, so that 5 % is the chance of any false finding.

    Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of
    Statistics 1979.

    Args:
        p_values: `(tests,)`, in 0..1.

    Returns:
        `(tests,)`, in 0..1.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, float)
    order = np.argsort(given, kind="stable")
    factors = np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(given[order] * factors))
    return adjusted


def letters(different: NDArray[np.bool_]) -> list[str]:
    """Return letters such that two models share one if and only if they are not told apart.

    The insert-and-absorb algorithm (Piepho, An Algorithm for a Letter-Based Representation of
    All-Pairwise Comparisons, Journal of Computational and Graphical Statistics 2004).

    Args:
        different: whether two models are told apart, `(models, models)`, symmetric.

    Returns:
        The letters of each model, `a` first; after `z` follow `aa`, `ab` and so on.

    Example:
        >>> letters(np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], bool))
        ['a', 'ab', 'b']
    """
    count = len(different)
    groups: list[frozenset[int]] = [frozenset(range(count))] if count else []
    for one, other in zip(*np.triu(different, 1).nonzero(), strict=True):
        both = [group for group in groups if {one, other} <= group]
        split = [group - {int(member)} for group in both for member in (one, other)]
        candidates = [group for group in groups if group not in both] + split
        groups = _maximal(candidates)
    ordered = sorted(groups, key=sorted)
    names = [_letter(position) for position in range(len(ordered))]
    return [
        "".join(name for name, group in zip(names, ordered, strict=True) if model in group)
        for model in range(count)
    ]


def _maximal(groups: list[frozenset[int]]) -> list[frozenset[int]]:
    """Return the groups that are part of no other, each once."""
    unique = list(dict.fromkeys(groups))
    return [group for group in unique if not any(group < other for other in unique)]


def _letter(position: int) -> str:
    first, last = divmod(position, 26)
    return (_letter(first - 1) if first else "") + chr(ord("a") + last)
