"""Dividing samples into train, val and test."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.data.columns import read_columns
from lfx.data.grouped_folds import stratified_group_folds
from lfx.data.spelling import ascii_quoted, spelling_hint
from lfx.data.split_names import DIVISION
from lfx.data.values import cell_id, cell_text
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

# 8:1:1 is eight, one and one tenth.
FEWEST_GROUPS = 10
TENTHS = {"train": 0.8, "val": 0.1, "test": 0.1}
# Number of unreadable rows of a split file that an error message names.
_MOST_SHOWN = 10
# A warning follows if a part misses its size by more than this share of it, and by more samples
# than a few.
_FAR, _FEW = 0.5, 3


def fold_positions(
    labels: Sequence[int] | npt.NDArray[np.int64],
    groups: Sequence[str] | npt.NDArray[np.object_] | None,
    count: int,
    seed: int,
    *,
    stratify: bool,
) -> list[npt.NDArray[np.int64]]:
    """Divide samples at random into folds of about equal size.

    Args:
        labels: (samples,) class indices.
        groups: (samples,) groups that are never divided; None: no groups.
        count: number of folds.
        seed: of the shuffle.
        stratify: whether each fold keeps the classes' shares, as far as the groups allow.

    Returns:
        The positions of each fold's samples.

    Raises:
        ValueError: there are fewer samples, or groups, than folds.
    """
    import numpy as np
    from sklearn import model_selection

    if groups is None:
        kind = model_selection.StratifiedKFold if stratify else model_selection.KFold
    else:
        kind = model_selection.GroupKFold
    if count > len(labels if groups is None else set(groups)):
        what = "samples" if groups is None else "groups of samples that belong together"
        raise ValueError(f"there are fewer {what} than {count}")
    if groups is not None and stratify:
        return stratified_group_folds(labels, groups, count, seed)
    folds = kind(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer samples than folds; the check of classes per split reports it.
        warnings.filterwarnings("ignore", message="The least populated class")
        return [fold for _, fold in folds.split(np.zeros(len(labels)), labels, groups)]


def tenths_split(
    labels: Sequence[int] | npt.NDArray[np.int64],
    groups: Sequence[str] | npt.NDArray[np.object_] | None,
    seed: int,
    *,
    stratify: bool,
) -> tuple[str, ...]:
    """Split 8:1:1 at random (the paper, section III).

    Args:
        labels: (samples,) class indices.
        groups: (samples,) groups that are never divided; None: no groups.
        seed: of the shuffle.
        stratify: whether each split keeps the classes' shares, as far as the groups allow.

    Returns:
        (samples,) split names.

    Raises:
        DataError: there are too few samples, or groups.
    """
    import numpy as np

    try:
        parts = fold_positions(labels, groups, FEWEST_GROUPS, seed, stratify=stratify)
    except ValueError as error:
        remedy = "" if groups is None else "; data.folds=N deals fewer groups into N folds"
        raise DataError(f"the data cannot be split 8:1:1: {error}{remedy}") from error
    splits = np.full(len(labels), "train", dtype=object)
    splits[parts[0]] = "test"
    splits[parts[1]] = "val"
    return tuple(splits.tolist())


def uneven_parts(
    groups: Sequence[str] | npt.NDArray[np.object_],
    parts: Mapping[str, Sequence[int]],
    shares: Mapping[str, float],
) -> list[str]:
    """Return a warning if undivided groups made parts far larger or smaller than intended.

    Args:
        groups: (samples,) the group of each sample that was divided.
        parts: name of each part, and the positions of its samples.
        shares: the share of all samples that each part should have.

    Returns:
        One warning, or none.
    """
    wanted = {name: share * len(groups) for name, share in shares.items()}
    far = [
        name
        for name, size in wanted.items()
        if abs(len(parts[name]) - size) > max(size * _FAR, _FEW)
    ]
    if not far:
        return []
    largest, held = Counter(groups).most_common(1)[0]
    listed = ", ".join(
        f"{name} {len(parts[name])} instead of {size:.0f}" for name, size in wanted.items()
    )
    message = (
        "groups are not divided, so that the parts are far from their intended sizes: "
        f"{listed} samples. The largest group, that of sample {ascii_quoted(largest)}, holds "
        f"{held} of {len(groups)} samples: check what its samples share (data.source.group, equal "
        "images or texts), or take another data.split_seed"
    )
    return [message]


def file_split(
    ids: Sequence[str] | npt.NDArray[np.object_], file: Path, left_out: Collection[str] = ()
) -> tuple[str | None, ...]:
    """Return the splits that a file names.

    Args:
        ids: (samples,) sample ids.
        file: a table with the columns id and split; samples that it does not name, or names
            without a split, are in no split.
        left_out: ids of the data that did not become samples, which the file may name.

    Returns:
        (samples,) split names or None.

    Raises:
        DataError: the file is missing, lacks a column or an id, names an id twice, an unknown id or
            an unknown split.
    """
    if not file.is_file():
        raise DataError(f"data.split_file={file}: there is no such file in {Path.cwd()}")
    table = read_columns(file, ("id", "split"))
    if table.unreadable:
        listed = "\n".join(f"  {row}: {reason}" for row, reason in table.unreadable[:_MOST_SHOWN])
        raise DataError(
            f"{file} has {len(table.unreadable)} rows that cannot be read\n{listed}\ncorrect them"
        )
    missing = [name for name in ("id", "split") if name not in table.cells]
    if missing:
        raise DataError(f"{file} has no column {name_some(missing)}; it needs id and split")
    try:
        cells = [cell_id(value, table.exact_in("id")) for value in table.cells["id"]]
        given = [cell_text(value) for value in table.cells["split"]]
    except ValueError as error:
        raise DataError(f"{file}: a cell is {error}") from error
    names = [name for name in cells if name is not None]
    if len(names) < len(cells):
        without_id = [row for row, name in zip(table.rows, cells, strict=True) if name is None]
        raise DataError(f"{file} has no id in {len(without_id)} rows: {name_some(without_id)}")
    splits = dict(zip(names, given, strict=True))
    if len(splits) < len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise DataError(f"{file} names {len(twice)} ids twice: {name_some(twice)}")
    unknown = sorted(set(splits) - set(ids) - set(left_out))
    if unknown:
        raise DataError(
            f"{file} names {len(unknown)} ids that the data do not have: {name_some(unknown)}"
            + spelling_hint(unknown, (*ids, *left_out))
        )
    return named_splits(ids, splits, str(file))


def named_splits(
    ids: Sequence[str] | npt.NDArray[np.object_], splits: Mapping[str, str | None], origin: str
) -> tuple[str | None, ...]:
    """Return the samples' splits, whose names are checked.

    Args:
        ids: (samples,) sample ids.
        splits: split of each id; ids may be absent.
        origin: where the names come from, for the message.

    Raises:
        DataError: a name is not train, val or test.
    """
    unknown = sorted({str(split) for split in splits.values() if split is not None} - set(DIVISION))
    if unknown:
        raise DataError(
            f"{origin}: splits are {', '.join(DIVISION)}, got {name_some(unknown)}"
            + spelling_hint(unknown, DIVISION)
        )
    return tuple(splits.get(name) for name in ids)
