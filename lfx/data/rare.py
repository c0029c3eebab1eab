"""Classes of too few samples: refused, dropped, or merged into one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.samples import label_array
from lfx.runtime.errors import DataError, name_some, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.samples import SampleTable


@dataclass(frozen=True)
class RareClasses:
    """What happens to classes of few samples.

    Attributes:
        how: `error`: they stop the run. `drop`: their samples are left out. `merge`: they become
            one class.
        fewest: classes with fewer samples are rare.
        merged: name of the class that `merge` makes.
    """

    how: str = "error"
    fewest: int = 1
    merged: str = "other"

    def applied(self, table: SampleTable) -> tuple[SampleTable, list[str]]:
        """Drop or merge the rare classes of a table, counted over all of its samples.

        Returns:
            The table, and the ids that were dropped.

        Raises:
            DataError: there are rare classes with `how=error`, or the class that they are merged
                into exists already or is rare itself.
        """
        counts = dict(zip(table.classes, table.class_counts(), strict=True))
        rare = [name for name, count in counts.items() if count < self.fewest]
        listed = name_some(f"{shorten(name)} ({counts[name]})" for name in rare)
        if self.how == "error":
            if any(counts[name] for name in rare):
                raise DataError(
                    f"classes with fewer than {self.fewest} samples: {listed}. Add samples, lower "
                    "data.min_class_size, or choose data.rare_classes=drop (their samples are "
                    "left out) or merge (they become one class)"
                )
            return table, []
        if not table.classes:
            return table, []
        if not rare:
            note = (
                f"data.rare_classes={self.how} changes nothing: each class has at least "
                f"data.min_class_size={self.fewest} samples"
            )
            return replace(table, notes=(*table.notes, note)), []
        what = f"classes with fewer than {self.fewest} samples"
        if self.how == "drop":
            return self._without(table, rare, f"{what}: {listed}")
        return self._merged(table, rare, what, listed), []

    def as_in_training(self, table: SampleTable, known: Sequence[str]) -> SampleTable:
        """Drop or merge the classes that a model does not know, as its training did rare ones.

        The number of samples that the new data have of a class does not matter.

        Args:
            table: samples of new data.
            known: the model's classes.

        Raises:
            DataError: no sample is left, or the model has no class that the others are merged into.
        """
        counts = dict(zip(table.classes, table.class_counts(), strict=True))
        unknown = [name for name, count in counts.items() if count and name not in known]
        if not unknown or self.how == "error":
            return table
        message = f"classes that the model does not know: {name_some(unknown)}"
        if self.how == "drop":
            return self._without(table, unknown, message)[0]
        if self.merged not in known:
            raise DataError(
                f"{message}; data.rare_classes=merge makes them {shorten(self.merged)}, which it "
                f"does not know either (it knows {name_some(known)}); set data.merged_class=NAME "
                "to the name of its merged class"
            )
        return self._renamed(table, unknown, f"{message}; they are merged into {self.merged}")

    def _without(
        self, table: SampleTable, rare: Sequence[str], message: str
    ) -> tuple[SampleTable, list[str]]:
        is_rare = np.isin(table.labels, [table.classes.index(name) for name in rare])
        kept = np.flatnonzero(~is_rare)
        left_out = table.ids[is_rare].tolist()
        if not len(kept):
            raise DataError(f"{message}; data.rare_classes=drop leaves no sample")
        listed = ", ".join(shorten(name) for name in left_out)
        note = f"{message}; their {len(left_out)} samples are left out: {listed}"
        classes = tuple(name for name in table.classes if name not in rare)
        smaller = table.at(kept)
        return self._relabelled(smaller, classes, smaller.class_names(), note), left_out

    def _merged(self, table: SampleTable, rare: list[str], what: str, listed: str) -> SampleTable:
        if self.merged in table.classes and self.merged not in rare:
            raise DataError(
                f"data.rare_classes=merge makes a class {shorten(self.merged)}, which exists "
                "already; data.merged_class=NAME gives it another name"
            )
        counts = dict(zip(table.classes, table.class_counts(), strict=True))
        size = sum(counts[name] for name in rare)
        if size < self.fewest:
            raise DataError(
                f"{what}: {listed}; merged they have {size}, which is too few as well. Choose "
                "data.rare_classes=drop, or lower data.min_class_size"
            )
        return self._renamed(table, rare, f"{what} are merged into {self.merged}: {listed}")

    def _renamed(self, table: SampleTable, rare: Sequence[str], note: str) -> SampleTable:
        names = [self.merged if name in rare else name for name in table.class_names()]
        kept = [name for name in table.classes if name not in {*rare, self.merged}]
        return self._relabelled(table, (*kept, self.merged), names, note)

    @staticmethod
    def _relabelled(
        table: SampleTable, classes: tuple[str, ...], names: list[str | None], note: str
    ) -> SampleTable:
        numbers = {name: number for number, name in enumerate(classes)}
        labels = label_array([None if name is None else numbers[name] for name in names])
        return replace(table, classes=classes, labels=labels, notes=(*table.notes, note))
