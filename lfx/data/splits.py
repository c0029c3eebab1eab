"""Which sample trains, validates and tests."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.data.columns import read_columns
from lfx.data.spelling import ascii_quoted, misspelt
from lfx.data.split_names import DIVISION
from lfx.data.values import cell_id, cell_text
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

# 8:1:1 is eight, one and one tenth.
_TENTHS = 10
TENTHS = {"train": 0.8, "val": 0.1, "test": 0.1}
# Broken rows of a split file that an error message names.
_MOST_SHOWN = 10
# Parts of groups are told of when they miss their size by more than this share of it, and by more
# samples than a few.
_FAR, _FEW = 0.5, 3


def deal(
    labels: Sequence[int],
    groups: Sequence[str] | None,
    count: int,
    seed: int,
    *,
    stratify: bool,
) -> list[npt.NDArray[np.int64]]:
    """Deal samples into folds of about one size.

    Args:
        labels: (samples,) class indices.
        groups: (samples,) near-duplicate groups, which stay whole; None: nothing stays together.
        count: folds.
        seed: of the shuffle.
        stratify: whether each fold keeps the classes' shares, as far as the groups allow.

    Returns:
        The positions of each fold's samples.

    Raises:
        ValueError: there are fewer samples, or groups, than folds.
    """
    import numpy as np
    from sklearn import model_selection as kinds

    if groups is None:
        kind = kinds.StratifiedKFold if stratify else kinds.KFold
    else:
        kind = kinds.StratifiedGroupKFold if stratify else kinds.GroupKFold
    if count > len(labels if groups is None else set(groups)):
        what = "samples" if groups is None else "groups of samples that belong together"
        raise ValueError(f"there are fewer {what} than {count}")
    folds = kind(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer samples than folds: the check of classes per split says it better.
        warnings.filterwarnings("ignore", message="The least populated class")
        return [own for _, own in folds.split(np.zeros(len(labels)), labels, groups)]


def tenths_split(
    labels: Sequence[int], groups: Sequence[str] | None, seed: int, *, stratify: bool
) -> tuple[str, ...]:
    """Split 8:1:1 at random (the paper, section III).

    Args:
        labels: (samples,) class indices.
        groups: (samples,) near-duplicate groups, none of which straddles two splits; None: any may.
        seed: of the shuffle.
        stratify: whether each split keeps the classes' shares, as far as the groups allow.

    Returns:
        (samples,) split names.

    Raises:
        DataError: there are too few samples, or groups.
    """
    import numpy as np

    try:
        parts = deal(labels, groups, _TENTHS, seed, stratify=stratify)
    except ValueError as error:
        raise DataError(f"the data cannot be split 8:1:1: {error}") from error
    splits = np.full(len(labels), "train", dtype=object)
    splits[parts[0]] = "test"
    splits[parts[1]] = "val"
    return tuple(splits.tolist())


def uneven_parts(
    groups: Sequence[str], parts: Mapping[str, Sequence[int]], shares: Mapping[str, float]
) -> list[str]:
    """Say where groups that stay whole made parts far larger or smaller than wanted.

    Args:
        groups: (samples,) the group of each sample that was divided.
        parts: name of each part, and the positions of its samples.
        shares: the share of all samples that each part should have.

    Returns:
        A sentence for a warning, or none.
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
    told = (
        f"groups stay whole, so that the parts are far from the sizes wanted: {listed} samples. "
        f"The largest group, that of sample {ascii_quoted(largest)}, holds {held} of {len(groups)} "
        "samples: check what ties them together (data.source.group, equal pictures or texts), or "
        "take another data.split_seed"
    )
    return [told]


def file_split(
    ids: Sequence[str], file: Path, left_out: Collection[str] = ()
) -> tuple[str | None, ...]:
    """Split as a file says.

    Args:
        ids: (samples,) sample ids.
        file: a table with the columns id and split; a sample that it does not name,
            or for which it has no split, is in none.
        left_out: ids that the file may name though they are no samples.

    Returns:
        (samples,) split names or None.

    Raises:
        DataError: the file is missing, lacks a column or an id, names an id twice, an unknown id or
            an unknown split.
    """
    if not file.is_file():
        raise DataError(f"data.split_file={file}: there is no such file in {Path.cwd()}")
    table = read_columns(file, ("id", "split"))
    if table.broken:
        listed = "\n".join(f"  {row}: {reason}" for row, reason in table.broken[:_MOST_SHOWN])
        raise DataError(f"{file} has {len(table.broken)} broken rows\n{listed}\nmend them")
    lacking = [name for name in ("id", "split") if name not in table.cells]
    if lacking:
        raise DataError(f"{file} has no column {name_some(lacking)}; it needs id and split")
    try:
        found = [cell_id(value, table.exact_in("id")) for value in table.cells["id"]]
        given = [cell_text(value) for value in table.cells["split"]]
    except ValueError as error:
        raise DataError(f"{file}: a cell is {error}") from error
    names = [name for name in found if name is not None]
    if len(names) < len(found):
        nameless = [row for row, name in zip(table.rows, found, strict=True) if name is None]
        raise DataError(f"{file} has no id in {len(nameless)} rows: {name_some(nameless)}")
    splits = dict(zip(names, given, strict=True))
    if len(splits) < len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise DataError(f"{file} names {len(twice)} ids twice: {name_some(twice)}")
    unknown = sorted(set(splits) - set(ids) - set(left_out))
    if unknown:
        raise DataError(
            f"{file} names {len(unknown)} ids that the data do not have: {name_some(unknown)}"
            + misspelt(unknown, (*ids, *left_out))
        )
    return named_splits(ids, splits, str(file))


def named_splits(
    ids: Sequence[str], splits: Mapping[str, str | None], origin: str
) -> tuple[str | None, ...]:
    """Check split names that somebody gave.

    Args:
        ids: (samples,) sample ids.
        splits: split of each id; ids may be absent.
        origin: where the names come from, for the message.

    Raises:
        DataError: a name is none of train, val and test.
    """
    strange = sorted({str(split) for split in splits.values() if split is not None} - set(DIVISION))
    if strange:
        raise DataError(
            f"{origin}: splits are {', '.join(DIVISION)}, got {name_some(strange)}"
            + misspelt(strange, DIVISION)
        )
    return tuple(splits.get(name) for name in ids)
