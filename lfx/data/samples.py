"""The sample table, through which every other room sees the data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lfx.data.column import Column, Rows, texts_digest
from lfx.data.decoding import DEFAULT, Decoding
from lfx.data.split_names import DIVISION
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from pathlib import Path

Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.object_]

# Label of a sample without one.
UNLABELLED = -1


@dataclass(frozen=True, eq=False)
class SampleTable:
    """Samples with their groups and splits, one entry per sample in each column.

    Attributes:
        classes: class names in order.
        ids: (samples,) unique strings.
        labels: (samples,) indices into the classes; `UNLABELLED` where there is none.
        groups: (samples,) near duplicates and samples of one group of the source share a name,
            that of the first of them.
        splits: (samples,) `train`, `val`, `test`, or None for a sample in no split; in a fold of
            cross-validation also `oof`.
        columns: name → content; a sample may lack its own.
        notes: messages to log.
        decoding: how images become RGB.
        whole: the samples of the data set, where this table has a part of them; None: all.
    """

    classes: tuple[str, ...]
    ids: Strings
    labels: Integers
    groups: Strings
    splits: Strings
    columns: Mapping[str, Column]
    notes: tuple[str, ...] = ()
    decoding: Decoding = DEFAULT
    whole: SampleTable | None = None

    def __post_init__(self) -> None:
        """Take ordinary sequences too, with None for no label."""
        for name, given in (("ids", self.ids), ("groups", self.groups), ("splits", self.splits)):
            object.__setattr__(self, name, strings(given))
        object.__setattr__(self, "labels", label_array(self.labels))

    @classmethod
    def of(
        cls,
        classes: Sequence[str],
        *,
        ids: Sequence[str],
        columns: Mapping[str, Column],
        labels: Sequence[int | None],
        **others: Any,
    ) -> SampleTable:
        """Return a table; each sample is a group of its own and in no split unless given."""
        return cls(
            **{
                "classes": tuple(classes),
                "ids": ids,
                "labels": labels,
                "groups": ids,
                "splits": [None] * len(ids),
                "columns": columns,
                **others,
            }
        )

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, split: str) -> list[int]:
        """Return the positions of a split's samples."""
        return [int(row) for row in np.flatnonzero(self.splits == split)]

    def at(self, rows: Rows) -> SampleTable:
        """Return a table of the samples at positions `rows`, in that order."""
        indices = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            ids=self.ids[indices],
            labels=self.labels[indices],
            groups=self.groups[indices],
            splits=self.splits[indices],
            columns={name: column.at(indices) for name, column in self.columns.items()},
        )

    def part(self, rows: Rows) -> SampleTable:
        """Return the samples at some positions, as a part of the whole data set.

        Unlike `at`, fingerprints stay those of the whole.
        """
        return replace(self.at(rows), whole=self.whole or self)

    def with_splits(self, splits: Sequence[str | None] | Strings) -> SampleTable:
        """Return the table with other splits, (samples,)."""
        return replace(self, splits=strings(splits))

    def present_splits(self) -> tuple[str, ...]:
        """Return the splits that have samples, in the order train, val, test."""
        return tuple(split for split in DIVISION if (self.splits == split).any())

    def class_counts(self, rows: Rows | range | None = None) -> list[int]:
        """Count the samples of each class among some rows; None: all."""
        labels = self.labels if rows is None else self.labels[np.asarray(rows, dtype=np.int64)]
        counts = np.bincount(labels[labels >= 0], minlength=len(self.classes))
        return [int(count) for count in counts]

    def missing_classes(self, split: str) -> list[str]:
        """Return the classes without a sample in a split."""
        counts = self.class_counts(self.rows(split))
        return [name for name, count in zip(self.classes, counts, strict=True) if count == 0]

    def class_names(self) -> list[str | None]:
        """Return the name of each sample's class, (samples,); None where it has no label."""
        names = [*self.classes, None]  # the last is that of UNLABELLED
        return [names[label] for label in self.labels]

    def with_classes(self, classes: Sequence[str]) -> SampleTable:
        """Return the table with labels as indices into a model's classes.

        Args:
            classes: class names in the model's order.

        Raises:
            DataError: a label's class is not among them.
        """
        used = np.unique(self.labels[self.labels >= 0])
        unknown = sorted({self.classes[label] for label in used} - set(classes))
        if unknown:
            raise DataError(
                f"the data have classes that the model does not know: {name_some(unknown)}; "
                f"it knows {name_some(classes)}. data.rare_classes=drop leaves their samples out"
            )
        positions = {name: position for position, name in enumerate(classes)}
        numbers = [positions.get(name, UNLABELLED) for name in self.classes]
        labels = np.array([*numbers, UNLABELLED], dtype=np.int64)[self.labels]
        return replace(self, classes=tuple(classes), labels=labels)

    def data_fingerprint(self) -> str:
        """Return 32 hexadecimal digits: a digest of the data set's ids, labels and classes.

        It does not depend on the samples' order, their splits, or what their columns hold.
        """
        return self._identity if self.whole is None else self.whole.data_fingerprint()

    @cached_property
    def _identity(self) -> str:
        digest = hashlib.sha256(json.dumps(list(self.classes), ensure_ascii=False).encode())
        digest.update(texts_digest(self._sorted_ids))
        digest.update(self.labels[self._order].astype("<i8").tobytes())
        return digest.hexdigest()[:32]

    @cached_property
    def _order(self) -> Integers:
        order = pc.array_sort_indices(pa.array(self.ids, pa.large_string()))
        return np.asarray(order.to_numpy(), dtype=np.int64)

    @cached_property
    def _sorted_ids(self) -> pa.Array:
        return pa.array(self.ids[self._order], pa.large_string())

    def split_fingerprint(self) -> str:
        """Return 32 hexadecimal digits: a digest of which sample is in which split."""
        if self.whole is not None:
            return self.whole.split_fingerprint()
        return self._division

    @cached_property
    def _division(self) -> str:
        content = json.dumps(
            sorted(zip(self.ids.tolist(), map(str, self.splits), strict=True)), ensure_ascii=False
        )
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def column_fingerprint(self, name: str, cache_dir: Path) -> str:
        """Return 32 hexadecimal digits: a digest of ids and content of one of the columns.

        Args:
            name: of the column.
            cache_dir: where digests of files are kept between runs.
        """
        if self.whole is not None:
            return self.whole.column_fingerprint(name, cache_dir)
        digests = strings(self.columns[name].digests(cache_dir))[self._order]
        digest = hashlib.sha256(texts_digest(self._sorted_ids))
        digest.update(texts_digest(pa.array(digests, pa.large_string())))
        return digest.hexdigest()[:32]


def strings(values: Sequence[str | None] | Strings) -> Strings:
    """Return strings, some of them perhaps None, as an object array."""
    if isinstance(values, np.ndarray):
        return values.astype(object, copy=False)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def label_array(labels: Sequence[int | None] | Integers) -> Integers:
    """Return labels as integers, `UNLABELLED` for None."""
    if isinstance(labels, np.ndarray) and labels.dtype != object:
        return labels.astype(np.int64, copy=False)
    return np.array([UNLABELLED if label is None else label for label in labels], dtype=np.int64)
