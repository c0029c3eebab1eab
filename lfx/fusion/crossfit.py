"""Folds that keep groups together, for predicting samples by what was fitted without them."""

from __future__ import annotations

from typing import Any

import numpy as np

Rows = np.ndarray[Any, np.dtype[np.intp]]


def folds(
    labels: np.ndarray[Any, Any], groups: np.ndarray[Any, Any], count: int, seed: int
) -> list[tuple[Rows, Rows]]:
    """Divide samples into folds: groups stay whole, classes and sizes are spread evenly.

    Groups are dealt out one after the other, class by class, large ones first, and in each class
    the folds that hold the fewest samples so far come first. Sizes then differ by one group at the
    most. Neither the order of the samples' classes nor their numbers matter, only which samples
    share one. (scikit-learn's StratifiedGroupKFold does the like, in a Python loop over groups that
    takes a minute for 100,000 of them.)

    Args:
        labels: class indices, `(samples,)`.
        groups: `(samples,)`.
        count: folds that are wanted; as many as there are groups at the most.
        seed: which group goes where.

    Returns:
        For each fold the rows of the others and its own rows, both in ascending order; nothing
        where there would be fewer than two folds.
    """
    _, first, group, sizes = np.unique(
        np.asarray(groups, dtype=str), return_index=True, return_inverse=True, return_counts=True
    )
    count = min(count, len(first))
    if count < 2:  # noqa: PLR2004
        return []
    shuffled = np.random.default_rng(seed).permutation(len(first))
    # A group's class is that of its first sample; classes take turns in the order of the draw.
    own = np.asarray(labels)[first]
    _, places, turn = np.unique(own[shuffled], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.intp)
    rank[shuffled] = places[turn]
    draw = np.empty(len(first), dtype=np.intp)
    draw[shuffled] = np.arange(len(first))
    order = np.lexsort((draw, -sizes, rank))
    fold_of_group = np.empty(len(first), dtype=np.intp)
    filled = np.zeros(count)
    for dealt in np.split(order, np.flatnonzero(np.diff(rank[order])) + 1):
        turns = np.argsort(filled, kind="stable")
        fold_of_group[dealt] = turns[np.arange(len(dealt)) % count]
        filled += np.bincount(fold_of_group[dealt], weights=sizes[dealt], minlength=count)
    fold = fold_of_group[group]
    return [(np.flatnonzero(fold != own), np.flatnonzero(fold == own)) for own in range(count)]
