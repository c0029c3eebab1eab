"""What a source returns: its samples, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lfx.data.column import Column, column_of
from lfx.data.samples import Integers
from lfx.data.values import is_blank
from lfx.runtime.errors import DataError


@dataclass(frozen=True)
class Sample:
    """One sample of a source.

    Attributes:
        id: the sample's id in the data set.
        label: index into the classes; None if unlabelled.
        columns: name → content: a text; a file's path or bytes; numbers, `(features,)` or `(time,
            features)`. None, or no entry: the sample has none.
        split: the split that the source names; None if it names none.
        group: the group that the source names, such as one video or one patient; None if none.
    """

    id: str
    label: int | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    split: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Samples:
    """Samples as columns: what a source of a million samples returns.

    Attributes:
        ids: (samples,) of the data set.
        columns: name → content, (samples,).
        labels: (samples,) indices into the classes, None or -1 if unlabelled.
        splits: (samples,) that the source names, None where it names none; None: no sample has one.
        groups: (samples,) likewise.
    """

    ids: Sequence[str]
    columns: Mapping[str, Column]
    labels: Sequence[int | None] | Integers
    splits: Sequence[str | None] | None = None
    groups: Sequence[str | None] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Sample:
        """Return one of the samples."""
        if row >= len(self):
            raise IndexError(row)
        label = self.labels[row]
        return Sample(
            self.ids[row],
            None if label is None or label < 0 else int(label),
            {name: column[row] for name, column in self.columns.items()},
            None if self.splits is None else self.splits[row],
            None if self.groups is None else self.groups[row],
        )

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Samples:
        """Return samples as columns.

        Raises:
            DataError: a column holds different kinds of content.
        """
        names = dict.fromkeys(name for sample in samples for name in sample.columns)
        columns = {}
        for name in names:
            contents = [_filled(sample.columns.get(name)) for sample in samples]
            if all(content is None for content in contents):
                continue  # absent from the data set, of whichever kind it would be
            try:
                columns[name] = column_of(contents)
            except ValueError as error:
                raise DataError(f"column {name}: {error}") from error
        return cls(
            [sample.id for sample in samples],
            columns,
            [sample.label for sample in samples],
            [sample.split for sample in samples],
            [sample.group for sample in samples],
        )


@dataclass(frozen=True)
class Reading:
    """The content of a source.

    Attributes:
        samples: in the source's order.
        classes: the class names in order; empty if the data are unlabelled.
        bad: id and reason of each entry that is no usable sample, whatever a model reads of it.
        notes: messages to log at level info, such as how many samples a protocol dropped.
        left_out: ids of the data that the label protocol drops.
        warnings: messages to log as warnings.
        counts: what else was counted, for a data card: heading → what → number of samples, such as
            `{"encoding of the text": {"utf-8": 90, "gb18030": 10}}`.
    """

    samples: Sequence[Sample] | Samples
    classes: tuple[str, ...]
    bad: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@runtime_checkable
class Source(Protocol):
    """Where samples come from. A new kind of data set is a class with this one method."""

    def read(self) -> Reading:
        """Read everything; labels are None where there are none.

        Raises:
            DataError: there is nothing to read, or the data contradict each other.
        """
        ...


def _filled(content: Any) -> Any:
    """Return content; None for a blank text or an empty array or file."""
    if isinstance(content, str):
        return None if is_blank(content) else content
    if isinstance(content, np.ndarray):
        return content if content.size else None
    if isinstance(content, bytes | list | tuple):
        return content if len(content) else None
    return content
