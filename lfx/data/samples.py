"""The sample table: what every other room knows of the data."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from lfx.data.decoding import USUAL, Decoding
from lfx.data.split_names import DIVISION
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Sample:
    """One image-text pair as its source tells it.

    Attributes:
        id: the data set's own id.
        text: decoded, otherwise untouched.
        image: path of the image file, or its bytes where the source holds them itself.
        label: index into the classes; None where unlabelled.
        split: the split that the source itself names; None where it names none.
        group: what the source says belongs together, such as one video or one patient; None where
            it says nothing.
    """

    id: str
    text: str
    image: Path | bytes
    label: int | None
    split: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Reading:
    """What a source found.

    Attributes:
        samples: the pairs in the source's order.
        classes: the class names in order; empty where the data are unlabelled.
        bad: id and reason of each entry that is no usable pair.
        notes: sentences worth logging, such as how many pairs a protocol dropped.
        left_out: ids that the data have but that are no samples, for the label protocol's sake.
        warnings: sentences that the user should look at.
        only_used: whether the classes are those that occur, so that one whose samples turn out to
            be bad is none.
    """

    samples: tuple[Sample, ...]
    classes: tuple[str, ...]
    bad: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    only_used: bool = False

    def without_unused(self, samples: Sequence[Sample]) -> tuple[tuple[str, ...], list[Sample]]:
        """Return the classes that are left, and these of the samples with labels to match.

        Args:
            samples: those that are good.
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
            DataError: there is nothing to read, or it contradicts itself.
        """
        ...


@dataclass(frozen=True)
class SampleTable:
    """Samples that passed every check, one entry per sample in each column.

    Attributes:
        classes: class names in order.
        ids: unique.
        texts: decoded tweets.
        images: image files, each of which has been decoded once.
        digests: SHA-256 of each image file.
        labels: indices into the classes; None where unlabelled.
        groups: samples that belong together (near duplicates, and what the source says), named
            after the first of them.
        splits: `train`, `val`, `test`, or None for a sample that no split takes; in a fold of
            cross-validation also `oof`.
        notes: sentences worth logging.
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
    decoding: Decoding = USUAL

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, split: str) -> list[int]:
        """Give the positions of a split's samples."""
        return [row for row, name in enumerate(self.splits) if name == split]

    def at(self, rows: Sequence[int]) -> SampleTable:
        """Give a table of some samples, in the order of their positions `rows`."""
        columns = ("ids", "texts", "images", "digests", "labels", "groups", "splits")
        taken: dict[str, Any] = {
            name: tuple(getattr(self, name)[row] for row in rows) for name in columns
        }
        return replace(self, **taken)

    def present_splits(self) -> tuple[str, ...]:
        """Give the splits that have samples, in the order train, val, test."""
        there = set(self.splits)
        return tuple(split for split in DIVISION if split in there)

    def class_counts(self, rows: Sequence[int]) -> list[int]:
        """Count the samples of each class among some rows."""
        counts = Counter(self.labels[row] for row in rows)
        return [counts[index] for index in range(len(self.classes))]

    def with_classes(self, classes: Sequence[str]) -> SampleTable:
        """Count labels by another list of classes, which a model was trained on.

        Args:
            classes: class names in the wanted order.

        Raises:
            DataError: a label occurs that the list lacks.
        """
        names = [None if label is None else self.classes[label] for label in self.labels]
        strange = sorted({name for name in names if name is not None} - set(classes))
        if strange:
            raise DataError(
                f"the data have classes that the model does not know: {name_some(strange)}; "
                f"it knows {name_some(classes)}. data.rare_classes=drop leaves their samples out"
            )
        places = {name: place for place, name in enumerate(classes)}
        labels = tuple(None if name is None else places[name] for name in names)
        return replace(self, classes=tuple(classes), labels=labels)

    def data_fingerprint(self) -> str:
        """Give 32 hexadecimal digits that name ids, texts, images, labels and classes.

        The order of the samples and their splits do not matter.
        """
        columns = zip(self.ids, self.texts, self.digests, self.labels, strict=True)
        return _digest([list(self.classes), *sorted([list(entry) for entry in columns], key=str)])

    def split_fingerprint(self) -> str:
        """Give 32 hexadecimal digits that name which sample is in which split."""
        return _digest(sorted(zip(self.ids, map(str, self.splits), strict=True)))


def _digest(content: Iterable[object]) -> str:
    text = json.dumps(list(content), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
