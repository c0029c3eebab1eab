"""Reading samples from a source, checking and grouping them, before they are divided."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sized
from dataclasses import dataclass, replace
from numbers import Integral
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.data.bad_samples import refuse_or_list
from lfx.data.column import Column
from lfx.data.duplicates import first_with, join_groups, tie_column
from lfx.data.reading import Reading, Sample, Samples, Source
from lfx.data.samples import Integers, SampleTable, label_array, strings
from lfx.data.spelling import class_name_warnings, group_name_warnings
from lfx.runtime.errors import DataError, name_some, shorten
from lfx.runtime.imports import dotted_path

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.decoding import Decoding

log = logging.getLogger(__name__)

# Fields of `Samples` beside its columns, with what they hold; the required ones are never None.
_REQUIRED = ("ids", "labels")
_FIELDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "ids": ("texts", (str,)),
    "labels": ("integers or None", (Integral, NoneType)),
    "splits": ("texts or None", (str, NoneType)),
    "groups": ("texts or None", (str, NoneType)),
}


@dataclass(frozen=True)
class Gathered:
    """Samples that passed every check, before they are divided.

    Attributes:
        table: the samples, with the source's splits.
        left_out: ids of the data that did not become samples.
        named_groups: whether the source names groups, beside the near duplicates.
        reading: what the source returned.
        ties: column → (samples,) the position of the first sample that each is tied to there.
        warnings: those of the source, and about names of classes and groups; they were logged.
    """

    table: SampleTable
    left_out: set[str]
    named_groups: bool
    reading: Reading
    ties: Mapping[str, Integers]
    warnings: tuple[str, ...]


def gather(source: Source, decoding: Decoding, *, drop_bad: bool, cache_dir: Path) -> Gathered:
    """Read samples, and group those that belong together, over all of their columns.

    What a column holds is not opened here, but for the digests of files.

    Args:
        source: where the samples come from.
        decoding: how images become RGB.
        drop_bad: leave bad samples out and list them, instead of stopping.
        cache_dir: where digests of files are kept.

    Raises:
        DataError: the data are missing, damaged or contradictory.
    """
    reading = _checked(source.read(), source)
    samples = reading.samples
    for sentence in reading.warnings:
        log.warning(sentence)
    counts = Counter(samples.ids)
    if len(counts) < len(samples):
        twice = [name for name, count in counts.items() if count > 1]
        raise DataError(f"ids that occur more than once: {len(twice)} ({name_some(twice)})")
    notes = [*reading.notes, *refuse_or_list(reading.bad, drop=drop_bad)]
    if not len(samples):
        for note in notes:
            log.info(note)
        raise DataError("no usable sample is left")
    groups = [None] * len(samples) if samples.groups is None else samples.groups
    about_names = (*class_name_warnings(reading.classes), *group_name_warnings(groups))
    for sentence in about_names:
        log.warning(sentence)
    ties = {name: tie_column(column, cache_dir) for name, column in samples.columns.items()}
    table = SampleTable(
        classes=reading.classes,
        ids=strings(samples.ids),
        labels=label_array(samples.labels),
        groups=join_groups(samples.ids, [first_with(groups), *ties.values()]),
        splits=strings([None] * len(samples) if samples.splits is None else samples.splits),
        columns=samples.columns,
        notes=(*notes, *_content_notes(samples)),
        decoding=decoding,
    )
    left_out = {*reading.left_out, *(name for name, _ in reading.bad)}
    return Gathered(
        table,
        left_out,
        any(group is not None for group in groups),
        reading,
        ties,
        (*reading.warnings, *about_names),
    )


def _content_notes(samples: Samples) -> list[str]:
    """Return a note where samples lack content, with the number of those that have it."""
    counts = {name: int(column.present.sum()) for name, column in samples.columns.items()}
    if all(count == len(samples) for count in counts.values()):
        return []
    shown = ", ".join(f"{count} have {shorten(name)}" for name, count in counts.items())
    some = np.any([column.present for column in samples.columns.values()], axis=0)
    nothing = len(samples) - int(some.sum())
    return [f"of {len(samples)} samples {shown}" + (f", {nothing} nothing" if nothing else "")]


def _checked(reading: Any, source: Source) -> Any:
    """Return what a source has read, as columns; one from outside of lfx may return anything.

    Raises:
        DataError: it is no reading, or a sample's fields are not what they should be.
    """
    reader = f"{dotted_path(type(source))}.read"
    if not isinstance(reading, Reading) or reading.samples is None or reading.classes is None:
        raise DataError(
            f"{reader} must return an lfx Reading; it returned a {type(reading).__name__}"
        )
    classes = tuple(reading.classes)
    if not all(isinstance(name, str) for name in classes):
        raise DataError(f"class names must be texts, got {name_some(map(repr, classes))}")
    if len(set(classes)) < len(classes):
        raise DataError(f"class names repeat: {name_some(classes)}")
    given: Any = reading.samples
    if not isinstance(given, Samples):
        given = tuple(given)
        for sample in given:
            problem = _sample_problem(sample, range(len(classes)))
            if problem:
                raise DataError(f"{reader}: {problem}")
        try:
            given = Samples.of(given)
        except DataError as error:
            raise DataError(f"{reader}: {error}") from error
    problem = _columns_problem(given, len(classes))
    if problem:
        raise DataError(f"{reader}: {problem}")
    return replace(reading, samples=given, classes=classes)


def _columns_problem(samples: Samples, classes: int) -> str:
    """Return what does not fit together in columns; empty if nothing is."""
    given: Any = samples
    if not isinstance(given.columns, Mapping):
        return (
            f"columns must be a mapping from names to content, got {shorten(repr(given.columns))}"
        )
    wrong = [name for name, column in samples.columns.items() if not isinstance(column, Column)]
    if wrong:
        return (
            f"columns are lfx's TextColumn, FileColumn or NumberColumn; {name_some(wrong)} is not"
        )
    fields = {name: getattr(given, name) for name in _FIELDS}
    fields = {name: one for name, one in fields.items() if one is not None or name in _REQUIRED}
    wrong = [name for name, values in fields.items() if not isinstance(values, Sized)]
    if wrong:
        return f"{name_some(wrong)} must be a sequence with an entry for each sample"
    sizes = [(name, len(values)) for name, values in (*samples.columns.items(), *fields.items())]
    short = [f"{name} {size}" for name, size in sizes if size != len(samples)]
    if short:
        return f"there are {len(samples)} ids, but {name_some(short)}"
    problems = [
        f"{name} must be {what}, got {others}"
        for name, (what, kinds) in _FIELDS.items()
        if (others := _others(fields.get(name, ()), kinds))
    ]
    labels = label_array([] if problems else samples.labels)
    if len(labels) and not -1 <= labels.min() <= labels.max() < classes:
        problems = [f"labels are -1 or indices below {classes}, the number of classes"]
    return "; ".join(problems)


def _others(values: Any, kinds: tuple[type, ...]) -> str:
    """Return the first values of other types, as messages show them; empty if there are none."""
    others = {one for one in set(map(type, values)) if one is bool or not issubclass(one, kinds)}
    return name_some((repr(one) for one in values if type(one) in others), most=3) if others else ""


def _sample_problem(sample: Any, labels: range) -> str:
    """Return what is wrong with the types of a sample's fields; empty if nothing is."""
    if not isinstance(sample, Sample):
        return f"samples must be lfx's Sample, got a {type(sample).__name__}"
    label: Any = sample.label
    columns: Any = sample.columns
    fits = {
        "id": ("a text", isinstance(sample.id, str)),
        "columns": (
            "a mapping from names to content",
            isinstance(columns, dict) and all(isinstance(name, str) for name in columns),
        ),
        "label": (
            f"None or an index below {len(labels)}, the number of classes",
            label is None or (_is_integer(label) and label in labels),
        ),
        "split": ("None or a text", sample.split is None or isinstance(sample.split, str)),
        "group": ("None or a text", sample.group is None or isinstance(sample.group, str)),
    }
    return "; ".join(
        f"a sample's {name} must be {what}, got {shorten(repr(getattr(sample, name)))}"
        for name, (what, is_right) in fits.items()
        if not is_right
    )


def _is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral)
