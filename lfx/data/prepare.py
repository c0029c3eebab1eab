"""From a source's reading to a sample table: every check that the data have to pass."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.data.duplicates import near_duplicate_groups
from lfx.data.images import inspect_images
from lfx.data.samples import Reading, Sample, SampleTable, Source
from lfx.data.splits import file_split, named_splits, tenths_split
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

# Bad samples that an error message names.
_MOST_SHOWN = 10


@dataclass(frozen=True)
class SplitPlan:
    """How samples are divided.

    Attributes:
        kind: `random`, `grouped` or `file`.
        seed: of the shuffle.
        stratify: whether splits keep the classes' shares.
        file: the split file; None with kind `file`: the source's own split column.
    """

    kind: str
    seed: int = 0
    stratify: bool = True
    file: Path | None = None


def load_labelled(
    source: Source, plan: SplitPlan, *, drop_bad: bool, cache_dir: Path
) -> SampleTable:
    """Read, check, group and split the samples of a training run.

    Args:
        source: where the samples come from.
        plan: how they are divided.
        drop_bad: leave bad samples out and list them, instead of stopping.
        cache_dir: where the results of decoding are kept.

    Raises:
        DataError: the data are missing, damaged, unlabelled or contradictory, or a split lacks a
            class.
    """
    table, given, left_out = _load(source, drop_bad=drop_bad, cache_dir=cache_dir)
    unlabelled = [
        name for name, label in zip(table.ids, table.labels, strict=True) if label is None
    ]
    if unlabelled:
        raise DataError(
            f"samples without a label: {len(unlabelled)} of {len(table)}, namely "
            f"{name_some(unlabelled)}; training needs labels (lfx.predict does not)"
            + "".join(f"\n{note}" for note in table.notes)
        )
    labels = [label for label in table.labels if label is not None]
    splits: Sequence[str | None]
    if plan.kind in {"random", "grouped"}:
        groups = table.groups if plan.kind == "grouped" else None
        splits = tenths_split(labels, groups, plan.seed, stratify=plan.stratify)
    elif plan.file is not None:
        splits = file_split(table.ids, plan.file, left_out)
    else:
        splits = named_splits(table.ids, dict(zip(table.ids, given, strict=True)), "the table")
    table = replace(table, splits=tuple(splits))
    _check_splits(table)
    _describe(table)
    return table


def load_any(source: Source, *, drop_bad: bool, cache_dir: Path) -> SampleTable:
    """Read and check samples that may be unlabelled; they are in no split.

    Raises:
        DataError: the data are missing, damaged or contradictory.
    """
    table, _, _ = _load(source, drop_bad=drop_bad, cache_dir=cache_dir)
    for note in table.notes:
        log.info(note)
    return table


def _load(
    source: Source, *, drop_bad: bool, cache_dir: Path
) -> tuple[SampleTable, list[str | None], set[str]]:
    """Give the table without splits, the source's own splits, and ids that are no samples."""
    reading = source.read()
    counts = Counter(sample.id for sample in reading.samples)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise DataError(f"ids that occur more than once: {len(twice)} ({name_some(twice)})")
    inspections = inspect_images([sample.image for sample in reading.samples], cache_dir)
    bad = [*reading.bad]
    good: list[tuple[Sample, str]] = []
    for sample, inspection in zip(reading.samples, inspections, strict=True):
        if inspection.problem is None:
            good.append((sample, inspection.digest))
        else:
            bad.append((sample.id, f"{inspection.problem} ({sample.image.name})"))
    notes = [*reading.notes, *_bad_samples(bad, drop_bad=drop_bad)]
    if not good:
        raise DataError("no usable sample is left")
    samples = [sample for sample, _ in good]
    digests = tuple(digest for _, digest in good)
    ids = tuple(sample.id for sample in samples)
    texts = tuple(sample.text for sample in samples)
    table = SampleTable(
        classes=_check_classes(reading),
        ids=ids,
        texts=texts,
        images=tuple(sample.image for sample in samples),
        digests=digests,
        labels=tuple(sample.label for sample in samples),
        groups=near_duplicate_groups(ids, texts, digests),
        splits=(None,) * len(samples),
        notes=tuple(notes),
    )
    left_out = {*reading.left_out, *(name for name, _ in bad)}
    return table, [sample.split for sample in samples], left_out


def _check_classes(reading: Reading) -> tuple[str, ...]:
    if len(set(reading.classes)) < len(reading.classes):
        raise DataError(f"class names repeat: {name_some(reading.classes)}")
    return reading.classes


def _bad_samples(bad: list[tuple[str, str]], *, drop_bad: bool) -> list[str]:
    if not bad:
        return []
    lines = [f"  {name}: {reason}" for name, reason in bad]
    if drop_bad:  # what is left out is listed in full: nobody else keeps account of it
        return ["\n".join([f"bad samples dropped: {len(bad)}", *lines])]
    shown = lines[:_MOST_SHOWN]
    if len(lines) > len(shown):
        shown.append(f"  and {len(lines) - len(shown)} more")
    listed = "\n".join(shown)
    raise DataError(
        f"bad samples: {len(bad)}\n{listed}\n"
        "mend them, or leave them out with data.on_bad_sample=drop"
    )


def _check_splits(table: SampleTable) -> None:
    problems = []
    for split in table.present_splits():
        counts = table.class_counts(table.rows(split))
        lacking = [name for name, count in zip(table.classes, counts, strict=True) if count == 0]
        if lacking:
            problems.append(f"split {split} has no sample of class {name_some(lacking)}")
    present = table.present_splits()
    problems += [f"there is no split {name}" for name in ("train", "val") if name not in present]
    if problems:
        raise DataError(
            "; ".join(problems) + ". Training needs train and val, with every class in each split: "
            "add samples, or choose another split with data.split and data.split_seed"
        )


def _describe(table: SampleTable) -> None:
    for note in table.notes:
        log.info(note)
    for split in table.present_splits():
        rows = table.rows(split)
        counts = table.class_counts(rows)
        shares = ", ".join(
            f"{name} {count}" for name, count in zip(table.classes, counts, strict=True)
        )
        log.info("%s: %d samples (%s)", split, len(rows), shares)
    unused = sum(split is None for split in table.splits)
    if unused:
        log.info("%d samples are in no split and are left out", unused)
    train_groups = {table.groups[row] for row in table.rows("train")}
    for split in ("val", "test"):
        straddling = sum(table.groups[row] in train_groups for row in table.rows(split))
        if straddling:
            log.warning(
                "%d of %d %s samples have a near duplicate in train; data.split=grouped avoids it",
                straddling,
                len(table.rows(split)),
                split,
            )
