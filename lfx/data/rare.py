"""Classes of too few samples: refused, left out, or merged into one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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
        """Treat the rare classes of a table, counted over all of its samples.

        Returns:
            The table, and the ids that were left out.

        Raises:
            DataError: there are rare classes and none may be; what they are merged into exists
                already, or is rare itself.
        """
        counts = table.class_counts(range(len(table)))
        rare = [
            name for name, count in zip(table.classes, counts, strict=True) if count < self.fewest
        ]
        listed = name_some(
            f"{shorten(name)} ({count})"
            for name, count in zip(table.classes, counts, strict=True)
            if count < self.fewest
        )
        if self.how == "error":
            if any(0 < count < self.fewest for count in counts):
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
                f"data.rare_classes={self.how} found nothing to do: each class has at least "
                f"data.min_class_size={self.fewest} samples"
            )
            return replace(table, notes=(*table.notes, note)), []
        return (
            self._dropped(table, rare, listed)
            if self.how == "drop"
            else (self._merged(table, rare, listed), [])
        )

    def as_in_training(self, table: SampleTable, known: Sequence[str]) -> SampleTable:
        """Treat classes that a model does not know as its training treated rare ones.

        How many samples the new data have of a class does not matter: what the model was trained on
        decides.

        Args:
            table: samples of new data.
            known: the model's classes.

        Raises:
            DataError: no sample is left, or the model has no class that the others are merged into.
        """
        counts = table.class_counts(range(len(table)))
        strange = [
            name
            for name, count in zip(table.classes, counts, strict=True)
            if count and name not in known
        ]
        if not strange or self.how == "error":
            return table
        told = f"classes that the model does not know: {name_some(strange)}"
        if self.how == "drop":
            return self._without(table, strange, told)[0]
        if self.merged not in known:
            raise DataError(
                f"{told}; data.rare_classes=merge makes them {shorten(self.merged)}, which it does "
                f"not know either (it knows {name_some(known)}); data.merged_class=NAME names what "
                "its training merged"
            )
        return self._renamed(table, strange, f"{told}; they are one, {self.merged}")

    def _dropped(
        self, table: SampleTable, rare: list[str], listed: str
    ) -> tuple[SampleTable, list[str]]:
        return self._without(
            table, rare, f"classes with fewer than {self.fewest} samples: {listed}"
        )

    def _without(
        self, table: SampleTable, rare: Sequence[str], told: str
    ) -> tuple[SampleTable, list[str]]:
        numbers = {table.classes.index(name) for name in rare}
        kept = [row for row, label in enumerate(table.labels) if label not in numbers]
        left_out = [table.ids[row] for row, label in enumerate(table.labels) if label in numbers]
        if not kept:
            raise DataError(f"{told}; data.rare_classes=drop leaves no sample")
        listed = ", ".join(shorten(name) for name in left_out)
        note = f"{told}; their {len(left_out)} samples are left out: {listed}"
        classes = tuple(name for name in table.classes if name not in rare)
        smaller = table.at(kept)
        names = [None if label is None else table.classes[label] for label in smaller.labels]
        return self._relabelled(smaller, classes, names, note), left_out

    def _merged(self, table: SampleTable, rare: list[str], listed: str) -> SampleTable:
        if self.merged in table.classes and self.merged not in rare:
            raise DataError(
                f"data.rare_classes=merge makes a class {shorten(self.merged)}, which there is "
                "already; data.merged_class=NAME gives it another name"
            )
        size = sum(label is not None and table.classes[label] in rare for label in table.labels)
        if size < self.fewest:
            raise DataError(
                f"classes with fewer than {self.fewest} samples: {listed}; merged they have "
                f"{size}, which is too few as well. Choose data.rare_classes=drop, or lower "
                "data.min_class_size"
            )
        note = f"classes with fewer than {self.fewest} samples are one, {self.merged}: {listed}"
        return self._renamed(table, rare, note)

    def _renamed(self, table: SampleTable, rare: Sequence[str], note: str) -> SampleTable:
        names = [
            None
            if label is None
            else (self.merged if table.classes[label] in rare else table.classes[label])
            for label in table.labels
        ]
        kept = [name for name in table.classes if name not in {*rare, self.merged}]
        return self._relabelled(table, (*kept, self.merged), names, note)

    @staticmethod
    def _relabelled(
        table: SampleTable, classes: tuple[str, ...], names: list[str | None], note: str
    ) -> SampleTable:
        numbers = {name: number for number, name in enumerate(classes)}
        labels = tuple(None if name is None else numbers[name] for name in names)
        return replace(table, classes=classes, labels=labels, notes=(*table.notes, note))
