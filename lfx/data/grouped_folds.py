"""Stratified folds of undivided groups, as scikit-learn deals them, for a million groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Integers = npt.NDArray[np.int64]
# What scikit-learn's `isclose` takes for equal.
_RELATIVE, _ABSOLUTE = 1e-5, 1e-8


def stratified_group_folds(
    labels: Sequence[int] | Integers,
    groups: Sequence[str] | npt.NDArray[np.object_],
    count: int,
    seed: int,
) -> list[Integers]:
    """Deal groups into folds that keep the classes' shares as far as groups allow.

    The folds are those of scikit-learn's `StratifiedGroupKFold(shuffle=True)`, sample by sample;
    that one takes ten times as long, which counts from some ten thousand groups on.

    Args:
        labels: (samples,) class indices.
        groups: (samples,) groups that are never divided, `count` or more different ones.
        count: number of folds.
        seed: of the shuffle.

    Returns:
        The positions of each fold's samples, ascending.

    Raises:
        ValueError: no class has as many samples as there are folds.
    """
    _, label = np.unique(np.asarray(labels), return_inverse=True)
    _, group = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
    if np.bincount(label).max() < count:
        raise ValueError(f"no class has {count} samples, one for each fold")
    classes, size = int(label.max()) + 1, int(group.max()) + 1
    counts = np.bincount(group * classes + label, minlength=size * classes)
    of_group: npt.NDArray[np.float64] = counts.reshape(size, classes).astype(np.float64)
    shuffled = np.arange(size)
    np.random.RandomState(seed).shuffle(shuffled)
    of_group = of_group[shuffled]
    order = np.argsort(-np.std(of_group, axis=1), kind="stable")
    fold_of_group = np.empty(size, dtype=np.int64)
    fold_of_group[shuffled[order]] = _deal(of_group[order], count)
    fold = fold_of_group[group]
    return [np.flatnonzero(fold == number) for number in range(count)]


def _deal(groups: npt.NDArray[np.float64], count: int) -> Integers:
    """Assign each group to the fold that leaves the classes spread most evenly over the folds.

    Args:
        groups: (groups, classes) samples of each class, in the order in which they are dealt.
        count: number of folds.

    Returns:
        (groups,) the fold of each.
    """
    totals = groups.sum(axis=0)
    folds = np.zeros((count, groups.shape[1]))
    sizes = [0.0] * count
    proposed = np.empty((count, count, groups.shape[1]))
    itself = np.arange(count)
    dealt = np.empty(len(groups), dtype=np.int64)
    for number, of_group in enumerate(groups):
        proposed[:] = folds
        proposed[itself, itself] += of_group
        spread = np.std(proposed / totals, axis=1).mean(axis=1).tolist()
        best, least, fewest = 0, np.inf, np.inf
        for fold, value in enumerate(spread):
            is_equal = abs(value - least) <= _ABSOLUTE + _RELATIVE * abs(least)
            if value < least or (is_equal and sizes[fold] < fewest):
                best, least, fewest = fold, value, sizes[fold]
        folds[best] += of_group
        sizes[best] += float(of_group.sum())
        dealt[number] = best
    return dealt
