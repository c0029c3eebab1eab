"""Reading samples from a source and checking them, before they are divided."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.data.duplicates import near_duplicate_groups
from lfx.data.embedded import write_embedded
from lfx.data.image_warnings import log_image_warnings
from lfx.data.images import inspect_images
from lfx.data.samples import Reading, Sample, SampleTable, Source
from lfx.data.spelling import class_name_warnings, group_name_warnings
from lfx.data.values import is_blank
from lfx.runtime.errors import DataError, name_some, shorten
from lfx.runtime.imports import dotted_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.decoding import Decoding

log = logging.getLogger(__name__)

# Bad samples that an error message names.
_MOST_SHOWN = 10


@dataclass(frozen=True)
class Gathered:
    """Samples that passed every check, before they are divided.

    Attributes:
        table: the samples, without splits.
        splits: each id's split in the source, None where it names none.
        left_out: ids of the data that did not become samples.
        named_groups: whether the source names groups, beside the near duplicates.
    """

    table: SampleTable
    splits: dict[str, str | None]
    left_out: set[str]
    named_groups: bool


def gather(source: Source, decoding: Decoding, *, drop_bad: bool, cache_dir: Path) -> Gathered:
    """Read samples, check each of them, and group those that belong together.

    Args:
        source: where the samples come from.
        decoding: how images become RGB.
        drop_bad: leave bad samples out and list them, instead of stopping.
        cache_dir: where the results of decoding are kept.

    Raises:
        DataError: the data are missing, damaged or contradictory.
    """
    reading = _checked(source.read(), source)
    for sentence in reading.warnings:
        log.warning(sentence)
    counts = Counter(sample.id for sample in reading.samples)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise DataError(f"ids that occur more than once: {len(twice)} ({name_some(twice)})")
    bad = [*reading.bad]
    bad += [(sample.id, "it has no text") for sample in reading.samples if is_blank(sample.text)]
    good, damaged = _with_images(
        [sample for sample in reading.samples if not is_blank(sample.text)], cache_dir, decoding
    )
    bad += damaged
    notes = [*reading.notes, *_bad_samples(bad, drop_bad=drop_bad)]
    if not good:
        for note in notes:
            log.info(note)
        raise DataError("no usable sample is left")
    classes, samples = reading.without_unused([sample for sample, _, _ in good])
    for sentence in (
        *class_name_warnings(classes),
        *group_name_warnings(sample.group for sample in samples),
    ):
        log.warning(sentence)
    digests = tuple(digest for _, _, digest in good)
    ids = tuple(sample.id for sample in samples)
    texts = tuple(sample.text for sample in samples)
    table = SampleTable(
        classes=classes,
        ids=ids,
        texts=texts,
        images=tuple(image for _, image, _ in good),
        digests=digests,
        labels=tuple(sample.label for sample in samples),
        groups=near_duplicate_groups(
            ids, texts, digests, given=[sample.group for sample in samples]
        ),
        splits=(None,) * len(samples),
        notes=tuple(notes),
        decoding=decoding,
    )
    return Gathered(
        table,
        {sample.id: sample.split for sample in samples},
        {*reading.left_out, *(name for name, _ in bad)},
        any(sample.group is not None for sample in samples),
    )


def _with_images(
    samples: Sequence[Sample], cache_dir: Path, decoding: Decoding
) -> tuple[list[tuple[Sample, Path, str]], list[tuple[str, str]]]:
    """Return samples with image file and digest, and id and reason of those without."""
    images = write_embedded([sample.image for sample in samples], cache_dir / "embedded")
    inspections = inspect_images(images, cache_dir, decoding)
    log_image_warnings([sample.id for sample in samples], inspections, decoding)
    good: list[tuple[Sample, Path, str]] = []
    bad: list[tuple[str, str]] = []
    for sample, image, inspection in zip(samples, images, inspections, strict=True):
        if inspection.problem is None:
            good.append((sample, image, inspection.digest))
        else:
            where = shorten(image.name) if isinstance(sample.image, Path) else "in its cell"
            bad.append((sample.id, f"{inspection.problem} ({where})"))
    return good, bad


def _checked(reading: Any, source: Source) -> Reading:
    """Return what a source has read; one from outside of lfx may return anything.

    Raises:
        DataError: it is no reading, or a sample's fields are not what they should be.
    """
    reader = f"{dotted_path(type(source))}.read"
    if not isinstance(reading, Reading) or None in (reading.samples, reading.classes):
        raise DataError(
            f"{reader} must return an lfx Reading; it returned a {type(reading).__name__}"
        )
    samples, classes = tuple(reading.samples), tuple(reading.classes)
    if not all(isinstance(name, str) for name in classes):
        raise DataError(f"class names must be texts, got {name_some(map(repr, classes))}")
    if len(set(classes)) < len(classes):
        raise DataError(f"class names repeat: {name_some(classes)}")
    labels = range(len(classes))
    for sample in samples:
        problem = _sample_problem(sample, labels)
        if problem:
            raise DataError(f"{reader}: {problem}")
    samples = tuple(
        sample
        if sample.label is None or type(sample.label) is int
        else replace(sample, label=int(sample.label))
        for sample in samples
    )
    whole: Reading = replace(reading, samples=samples, classes=classes)
    return whole


def _sample_problem(sample: Any, labels: range) -> str:
    """Return what is wrong with the types of a sample's fields; empty if nothing is."""
    if not isinstance(sample, Sample):
        return f"samples must be lfx's Sample, got a {type(sample).__name__}"
    label: Any = sample.label
    is_number = not isinstance(label, bool) and isinstance(label, Integral)
    fits = {
        "id": ("a text", isinstance(sample.id, str)),
        "text": ("a text", isinstance(sample.text, str)),
        "image": ("a Path or bytes", isinstance(sample.image, Path | bytes)),
        "label": (
            f"None or an index below {len(labels)}, the number of classes",
            label is None or (is_number and label in labels),
        ),
        "split": ("None or a text", sample.split is None or isinstance(sample.split, str)),
        "group": ("None or a text", sample.group is None or isinstance(sample.group, str)),
    }
    return "; ".join(
        f"a sample's {name} must be {what}, got {shorten(repr(getattr(sample, name)))}"
        for name, (what, is_right) in fits.items()
        if not is_right
    )


def _bad_samples(bad: list[tuple[str, str]], *, drop_bad: bool) -> list[str]:
    if not bad:
        return []
    lines = [f"  {shorten(name)}: {reason}" for name, reason in bad]
    if drop_bad:  # listed in full: there is no other record of them
        return ["\n".join([f"bad samples dropped: {len(bad)}", *lines])]
    shown = lines[:_MOST_SHOWN]
    if len(lines) > len(shown):
        shown.append(f"  and {len(lines) - len(shown)} more")
    listed = "\n".join(shown)
    raise DataError(
        f"bad samples: {len(bad)}\n{listed}\n"
        "correct them, or leave them out with data.on_bad_sample=drop"
    )
