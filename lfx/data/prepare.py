"""Loading a checked and divided sample table from a source."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.data.decoding import DEFAULT, Decoding
from lfx.data.fit_for_training import check_splits, require_classes, require_labels
from lfx.data.gather import Gathered, gather
from lfx.data.rare import RareClasses
from lfx.data.splits import (
    FEWEST_GROUPS,
    TENTHS,
    file_split,
    named_splits,
    tenths_split,
    uneven_parts,
)
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.reading import Source
    from lfx.data.samples import SampleTable, Strings

log = logging.getLogger(__name__)

_EVERY_CLASS = RareClasses()


@dataclass(frozen=True)
class SplitPlan:
    """How samples are divided.

    Attributes:
        kind: `random`, `grouped` or `file`.
        seed: of the shuffle.
        stratify: whether splits keep the classes' shares.
        file: the split file; None with kind `file`: the source's own split column.
        folds: whether train and val are dealt into folds afterwards.
    """

    kind: str
    seed: int = 0
    stratify: bool = True
    file: Path | None = None
    folds: bool = False


def load_labelled(
    source: Source,
    plan: SplitPlan,
    *,
    drop_bad: bool,
    cache_dir: Path,
    rare: RareClasses = _EVERY_CLASS,
    decoding: Decoding = DEFAULT,
) -> SampleTable:
    """Read, check, group and split the samples of a training run.

    Args:
        source: where the samples come from.
        plan: how they are divided.
        drop_bad: leave bad samples out and list them, instead of stopping.
        cache_dir: where the results of decoding are kept.
        rare: what happens to classes of few samples.
        decoding: how images become RGB.

    Raises:
        DataError: the data are missing, damaged, unlabelled, of one class or contradictory, or the
            train split lacks a class.
    """
    loaded = gather(source, decoding, drop_bad=drop_bad, cache_dir=cache_dir)
    table = loaded.table
    for note in table.notes:  # before the checks, which may fail because of what was left out
        log.info(note)
    require_labels(table)
    table, dropped = rare.applied(table)
    for note in table.notes[len(loaded.table.notes) :]:
        log.info(note)
    require_classes(table)
    if plan.kind != "file" and any(split is not None for split in table.splits):
        log.info("the data's own splits are not used; data.split=file takes them")
    table = table.with_splits(divide(table, plan, loaded, dropped))
    problems = check_division(table, plan)
    if "test" not in table.present_splits() and plan.folds:
        log.info("there is no split test: out-of-fold rows are reported")
    _log_splits(table, named_groups=loaded.named_groups, folds=plan.folds)
    for sentence in problems:
        log.warning(sentence)
    return table


def check_division(table: SampleTable, plan: SplitPlan) -> list[str]:
    """Refuse a division that cannot be trained on; return warnings about others.

    Args:
        table: the samples with their splits.
        plan: how they were divided.

    Raises:
        DataError: as `check_splits`.
    """
    # The folds, which are checked themselves, take the place of train and val.
    warnings = [] if _goes_into_folds(table, plan) else check_splits(table)
    if "test" in table.present_splits() or plan.folds:
        return warnings
    if plan.kind != "file":
        return [*warnings, "no sample is left for the split test, since some groups are too large"]
    sentence = (
        "there is no split test: without data.folds only val is measured, which early stopping "
        "uses, so that its scores are too high"
    )
    return [*warnings, sentence]


def divide(
    table: SampleTable, plan: SplitPlan, loaded: Gathered, dropped: Sequence[str]
) -> Sequence[str | None] | Strings:
    """Return the split of each sample.

    Args:
        table: the samples.
        plan: how they are divided.
        loaded: the samples that were read, before rare classes were dropped.
        dropped: ids of the samples that were.

    Raises:
        DataError: they cannot be divided so.
    """
    if plan.kind == "file":
        if plan.file is not None:
            return file_split(table.ids, plan.file, loaded.left_out | set(dropped))
        if not any(split is not None for split in table.splits):
            raise DataError(
                "data.split=file: the data have no split; give data.split_file=FILE (columns id "
                "and split), or the table's column by data.source.split"
            )
        given = dict(zip(table.ids.tolist(), table.splits.tolist(), strict=True))
        return named_splits(table.ids, given, "the table")
    groups = table.groups if plan.kind == "grouped" else None
    if groups is not None and _goes_into_folds(table, plan):
        count = len(set(groups))
        if count == 1:
            raise DataError("all samples are of one group; folds need two or more")
        log.info("%d groups are too few for a test split: all samples are dealt into folds", count)
        # The folds draw their own part for early stopping.
        return ["val" if group == groups[0] else "train" for group in groups]
    splits = tenths_split(table.labels, groups, plan.seed, stratify=plan.stratify)
    if groups is not None:
        parts = {split: table.with_splits(splits).rows(split) for split in TENTHS}
        for sentence in uneven_parts(groups, parts, TENTHS):
            log.warning(sentence)
    return splits


def _goes_into_folds(table: SampleTable, plan: SplitPlan) -> bool:
    """Return whether there are too few groups for a test split beside the folds."""
    return plan.folds and plan.kind == "grouped" and len(set(table.groups)) < FEWEST_GROUPS


def load_any(
    source: Source,
    *,
    drop_bad: bool,
    cache_dir: Path,
    rare: RareClasses = _EVERY_CLASS,
    decoding: Decoding = DEFAULT,
    known: Sequence[str] | None = None,
) -> SampleTable:
    """Read and check samples that may be unlabelled; they are in no split.

    Args:
        source: where the samples come from.
        drop_bad: leave bad samples out and list them, instead of stopping.
        cache_dir: where the results of decoding are kept.
        rare: what happens to classes of few samples, or to those that a model does not know.
        decoding: how images become RGB.
        known: the classes of the model that will predict them; None: there is no model.

    Raises:
        DataError: the data are missing, damaged or contradictory, or no sample is left.
    """
    read = gather(source, decoding, drop_bad=drop_bad, cache_dir=cache_dir).table
    for note in read.notes:  # before what may fail because of what was left out
        log.info(note)
    table = rare.applied(read)[0] if known is None else rare.as_in_training(read, known)
    for note in table.notes[len(read.notes) :]:
        log.info(note)
    return table.with_splits([None] * len(table))


def _log_splits(table: SampleTable, *, named_groups: bool, folds: bool) -> None:
    parts = {split: table.rows(split) for split in table.present_splits()}
    if folds:
        parts = {"folds": parts.pop("train") + parts.pop("val"), **parts}
    for split, rows in parts.items():
        counts = table.class_counts(rows)
        shares = ", ".join(
            f"{name} {count}" for name, count in zip(table.classes, counts, strict=True)
        )
        log.info("%s: %d samples (%s)", split, len(rows), shares)
    unused = int(sum(split is None for split in table.splits))
    if unused:
        log.info("%d samples are in no split and are left out", unused)
    seen = next(iter(parts))
    seen_groups = {table.groups[row] for row in parts[seen]}
    for split, rows in list(parts.items())[1:]:
        straddling = sum(table.groups[row] in seen_groups for row in rows)
        if straddling:
            log.warning(
                "%d of %d %s samples have a near duplicate%s in %s, or are tied to one; "
                "data.split=grouped avoids it",
                straddling,
                len(rows),
                split,
                " or a sample of their group" if named_groups else "",
                seen,
            )
