"""Folds that keep groups together, for predictions of samples that a fit has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np

Rows = np.ndarray[Any, np.dtype[np.intp]]


def folds(
    labels: np.ndarray[Any, Any], groups: np.ndarray[Any, Any], count: int, seed: int
) -> list[tuple[Rows, Rows]]:
    """Split samples into folds with whole groups and even classes and sizes.

    Groups are assigned class by class, large groups first, to the folds in turn, starting with the
    fold that has the fewest samples so far. Sizes of folds differ by one group at most. The result
    does not depend on how classes are numbered or ordered, only on which samples share a class.
    (scikit-learn's StratifiedGroupKFold is similar, but loops over groups in Python, which takes a
    minute for 100,000 groups.)

    Args:
        labels: class indices, `(samples,)`.
        groups: `(samples,)`.
        count: the number of folds; at most the number of groups is used.
        seed: seed of the order of the groups.

    Returns:
        For each fold the rows of the other folds and the rows of the fold, both ascending; empty
        if there would be fewer than two folds.
    """
    _, first_rows, group, sizes = np.unique(
        np.asarray(groups, dtype=str), return_index=True, return_inverse=True, return_counts=True
    )
    number = len(first_rows)
    count = min(count, number)
    if count <= 1:
        return []
    shuffled = np.random.default_rng(seed).permutation(number)
    # A group has the class of its first sample; classes are ranked by their first shuffled group.
    group_class = np.asarray(labels)[first_rows]
    _, firsts, inverse = np.unique(group_class[shuffled], return_index=True, return_inverse=True)
    class_rank = np.empty(number, dtype=np.intp)
    class_rank[shuffled] = firsts[inverse]
    shuffled_rank = np.empty(number, dtype=np.intp)
    shuffled_rank[shuffled] = np.arange(number)
    order = np.lexsort((shuffled_rank, -sizes, class_rank))
    fold_of_group = np.empty(number, dtype=np.intp)
    fold_sizes = np.zeros(count)
    for members in np.split(order, np.flatnonzero(np.diff(class_rank[order])) + 1):
        smallest_first = np.argsort(fold_sizes, kind="stable")
        fold_of_group[members] = smallest_first[np.arange(len(members)) % count]
        fold_sizes += np.bincount(fold_of_group[members], weights=sizes[members], minlength=count)
    fold = fold_of_group[group]
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(count)]
