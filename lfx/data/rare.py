"""Classes of too few samples: refused, left out, or merged into one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lfx.runtime.errors import DataError, name_some, shorten

if TYPE_CHECKING:
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

    def _dropped(
        self, table: SampleTable, rare: list[str], listed: str
    ) -> tuple[SampleTable, list[str]]:
        numbers = {table.classes.index(name) for name in rare}
        kept = [row for row, label in enumerate(table.labels) if label not in numbers]
        left_out = [table.ids[row] for row, label in enumerate(table.labels) if label in numbers]
        note = (
            f"classes with fewer than {self.fewest} samples: {listed}; their {len(left_out)} "
            f"samples are left out: {', '.join(shorten(name) for name in left_out)}"
        )
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
        names = [
            None
            if label is None
            else (self.merged if table.classes[label] in rare else table.classes[label])
            for label in table.labels
        ]
        size = names.count(self.merged)
        if size < self.fewest:
            raise DataError(
                f"classes with fewer than {self.fewest} samples: {listed}; merged they have "
                f"{size}, which is too few as well. Choose data.rare_classes=drop, or lower "
                "data.min_class_size"
            )
        note = f"classes with fewer than {self.fewest} samples are one, {self.merged}: {listed}"
        classes = (*(name for name in table.classes if name not in rare), self.merged)
        return self._relabelled(table, classes, names, note)

    @staticmethod
    def _relabelled(
        table: SampleTable, classes: tuple[str, ...], names: list[str | None], note: str
    ) -> SampleTable:
        numbers = {name: number for number, name in enumerate(classes)}
        labels = tuple(None if name is None else numbers[name] for name in names)
        return replace(table, classes=classes, labels=labels, notes=(*table.notes, note))
