"""Cross-validation: which samples each fold's model trains on, stops early by, and predicts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.data.samples import SampleTable
from lfx.data.split_names import OOF
from lfx.data.splits import fold_positions, uneven_parts
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

# Early stopping uses a ninth of the samples that a model may see, as with 8:1:1.
_NINTHS = 9


@dataclass(frozen=True)
class Folds:
    """The samples with their splits for each fold's model.

    Attributes:
        tables: one per fold. A sample of that fold is `oof`; one of another fold is `train` or, for
            early stopping, `val`; one of the test split is `test` in all of them.
        fingerprint: 32 hexadecimal digits, a digest of which sample is in which fold.
    """

    tables: tuple[SampleTable, ...]
    fingerprint: str


def assign_folds(
    table: SampleTable, count: int, *, grouped: bool, stratify: bool, seed: int
) -> Folds:
    """Assign the samples of train and val to folds; the test split is not changed.

    Early stopping of a fold's model uses a part of the other folds, never the rows that the model
    then predicts: a ninth of them. Where these have fewer than nine groups, train and that ninth
    share them: without one of four speakers a model loses more than early stopping gains it.

    Args:
        table: samples with their splits.
        count: number of folds, 2 or more.
        grouped: whether near duplicates stay together, in folds and in the part for early stopping.
        stratify: whether folds keep the classes' shares, as far as the groups allow.
        seed: of the shuffle.

    Raises:
        DataError: there are too few samples, a part of some fold is empty, or its training part
            lacks a class.
    """
    pool = sorted([*table.rows("train"), *table.rows("val")])
    how = {"grouped": grouped, "stratify": stratify}
    folds = _divide(table, pool, count, seed, f"{count} folds", **how)
    if grouped:
        shares = {f"fold {fold}": 1 / count for fold in range(count)}
        _warn_of_sizes(table, pool, dict(zip(shares, folds, strict=True)), shares)
    fold_of = {row: fold for fold, rows in enumerate(folds) for row in rows}
    tables = []
    for fold in range(count):
        others = [row for row in pool if fold_of[row] != fold]
        groups = len(set(table.groups[others])) if grouped else 0
        whole = groups >= _NINTHS
        parts = _divide(
            *(table, others, _NINTHS, seed, "nine parts for early stopping"),
            grouped=whole,
            stratify=stratify,
        )
        if whole:
            name = f"val of fold {fold}"
            _warn_of_sizes(table, others, {name: parts[0]}, {name: 1 / _NINTHS})
        elif grouped and fold == 0:
            log.info(
                "%d groups are too few for early stopping to have its own: it sees a ninth of the "
                "samples of those that train",
                groups,
            )
        split = dict.fromkeys(pool, OOF) | dict.fromkeys(others, "train")
        split |= dict.fromkeys(parts[0], "val")
        splits = [split.get(row, name) for row, name in enumerate(table.splits)]
        tables.append(_checked(table.with_splits(splits), fold))
    names = dict(enumerate(table.splits)) | {row: f"fold {fold_of[row]}" for row in pool}
    by_fold = table.with_splits(list(names.values()))
    return Folds(tuple(tables), by_fold.split_fingerprint())


def _divide(
    table: SampleTable,
    rows: Sequence[int],
    count: int,
    seed: int,
    parts_name: str,
    *,
    grouped: bool,
    stratify: bool,
) -> list[list[int]]:
    labels = table.labels[list(rows)]
    groups = table.groups[list(rows)] if grouped else None
    try:
        parts = fold_positions(labels, groups, count, seed, stratify=stratify)
    except ValueError as error:
        raise DataError(
            f"{len(rows)} samples cannot be split into {parts_name}: {error}"
        ) from error
    return [[rows[position] for position in part.tolist()] for part in parts]


def _warn_of_sizes(
    table: SampleTable,
    rows: Sequence[int],
    parts: Mapping[str, Sequence[int]],
    shares: Mapping[str, float],
) -> None:
    for sentence in uneven_parts([table.groups[row] for row in rows], parts, shares):
        log.warning(sentence)


def _checked(table: SampleTable, fold: int) -> SampleTable:
    for split in ("train", "val", OOF):
        if not table.rows(split):
            raise DataError(
                f"fold {fold}: its part {split} has no samples, since a group that stays together "
                "is too large; take fewer folds, or another data.split_seed"
            )
        missing = table.missing_classes(split)
        if missing and split == "train":
            raise DataError(
                f"fold {fold}: its part train has no sample of class {name_some(missing)}; take "
                "fewer folds, another data.split_seed, or leave rare classes out with "
                "data.rare_classes"
            )
        if missing:
            log.warning(
                "fold %d: its part %s has no sample of class %s", fold, split, name_some(missing)
            )
    return table
