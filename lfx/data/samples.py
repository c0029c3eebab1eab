"""The sample table, through which every other room sees the data."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from lfx.data.decoding import DEFAULT, Decoding
from lfx.data.split_names import DIVISION
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Sample:
    """One image-text pair of a source.

    Attributes:
        id: the sample's id in the data set.
        text: decoded, otherwise unchanged.
        image: path of the image file, or its bytes.
        label: index into the classes; None if unlabelled.
        split: the split that the source names; None if it names none.
        group: the group that the source names, such as one video or one patient; None if none.
    """

    id: str
    text: str
    image: Path | bytes
    label: int | None
    split: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Reading:
    """The content of a source.

    Attributes:
        samples: the pairs in the source's order.
        classes: the class names in order; empty if the data are unlabelled.
        bad: id and reason of each entry that is not a usable pair.
        notes: messages to log at level info, such as how many pairs a protocol dropped.
        left_out: ids of the data that the label protocol drops.
        warnings: messages to log as warnings.
        only_used: whether a class without usable samples is removed from the classes.
    """

    samples: tuple[Sample, ...]
    classes: tuple[str, ...]
    bad: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    only_used: bool = False

    def without_unused(self, samples: Sequence[Sample]) -> tuple[tuple[str, ...], list[Sample]]:
        """Return the classes that the samples use, and the samples with labels to match.

        Args:
            samples: the usable ones.
        """
        if not self.only_used:
            return self.classes, list(samples)
        used = sorted({sample.label for sample in samples if sample.label is not None})
        numbers = {old: new for new, old in enumerate(used)}
        relabelled = [
            sample if sample.label is None else replace(sample, label=numbers[sample.label])
            for sample in samples
        ]
        return tuple(self.classes[old] for old in used), relabelled


@runtime_checkable
class Source(Protocol):
    """Where samples come from. A new kind of data set is a class with this one method."""

    def read(self) -> Reading:
        """Read everything; labels are None where there are none.

        Raises:
            DataError: there is nothing to read, or the data contradict each other.
        """
        ...


@dataclass(frozen=True)
class SampleTable:
    """Samples that passed every check, one entry per sample in each column.

    Attributes:
        classes: class names in order.
        ids: unique.
        texts: decoded tweets.
        images: image files; all of them can be decoded.
        digests: SHA-256 of each image file.
        labels: indices into the classes; None if unlabelled.
        groups: near duplicates and samples of one group of the source share a name, that of the
            first of them.
        splits: `train`, `val`, `test`, or None for a sample in no split; in a fold of
            cross-validation also `oof`.
        notes: messages to log.
        decoding: how its images become RGB.
    """

    classes: tuple[str, ...]
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    images: tuple[Path, ...]
    digests: tuple[str, ...]
    labels: tuple[int | None, ...]
    groups: tuple[str, ...]
    splits: tuple[str | None, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)
    decoding: Decoding = DEFAULT

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, split: str) -> list[int]:
        """Return the positions of a split's samples."""
        return [row for row, name in enumerate(self.splits) if name == split]

    def at(self, rows: Sequence[int]) -> SampleTable:
        """Return a table of the samples at positions `rows`, in that order."""
        columns = ("ids", "texts", "images", "digests", "labels", "groups", "splits")
        selected: dict[str, Any] = {
            name: tuple(getattr(self, name)[row] for row in rows) for name in columns
        }
        return replace(self, **selected)

    def present_splits(self) -> tuple[str, ...]:
        """Return the splits that have samples, in the order train, val, test."""
        return tuple(split for split in DIVISION if split in set(self.splits))

    def class_counts(self, rows: Sequence[int]) -> list[int]:
        """Count the samples of each class among some rows."""
        counts = Counter(self.labels[row] for row in rows)
        return [counts[index] for index in range(len(self.classes))]

    def missing_classes(self, split: str) -> list[str]:
        """Return the classes without a sample in a split."""
        counts = self.class_counts(self.rows(split))
        return [name for name, count in zip(self.classes, counts, strict=True) if count == 0]

    def with_classes(self, classes: Sequence[str]) -> SampleTable:
        """Return the table with labels as indices into a model's classes.

        Args:
            classes: class names in the model's order.

        Raises:
            DataError: a label's class is not among them.
        """
        names = [None if label is None else self.classes[label] for label in self.labels]
        unknown = sorted({name for name in names if name is not None} - set(classes))
        if unknown:
            raise DataError(
                f"the data have classes that the model does not know: {name_some(unknown)}; "
                f"it knows {name_some(classes)}. data.rare_classes=drop leaves their samples out"
            )
        positions = {name: position for position, name in enumerate(classes)}
        labels = tuple(None if name is None else positions[name] for name in names)
        return replace(self, classes=tuple(classes), labels=labels)

    def data_fingerprint(self) -> str:
        """Return 32 hexadecimal digits: a digest of ids, texts, images, labels and classes.

        It does not depend on the samples' order or their splits.
        """
        columns = zip(self.ids, self.texts, self.digests, self.labels, strict=True)
        return _digest([list(self.classes), *sorted([list(entry) for entry in columns], key=str)])

    def split_fingerprint(self) -> str:
        """Return 32 hexadecimal digits: a digest of which sample is in which split."""
        return _digest(sorted(zip(self.ids, map(str, self.splits), strict=True)))


def _digest(content: Iterable[object]) -> str:
    text = json.dumps(list(content), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
