"""The parts of a data set that a card compares: its splits, or the folds of cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lfx.data.split_names import OOF

if TYPE_CHECKING:
    from lfx.data.folds import Folds
    from lfx.data.samples import SampleTable

Mask = npt.NDArray[np.bool_]
ALL, NO_SPLIT, FOLDS = "all", "no split", "folds"


@dataclass(frozen=True)
class Parts:
    """The parts of a data set.

    Attributes:
        masks: name → (samples,) whether each sample is in the part; `all` comes first.
        folds: the names of those that are folds.
        overlaps: such as `test in train` → pairs of masks: the samples whose copies are looked for,
            and those among which they are.
    """

    masks: Mapping[str, Mask]
    overlaps: Mapping[str, Sequence[tuple[Mask, Mask]]]
    folds: Sequence[str] = ()

    @classmethod
    def of(cls, table: SampleTable, folds: Folds | None = None) -> Parts:
        """Return the splits of a table, or the folds and the test split."""
        every = {ALL: np.ones(len(table), dtype=np.bool_)}
        if folds is None:
            splits = {name: table.splits == name for name in table.present_splits()}
            later = [(one, other) for other, one in combinations(splits, 2)]
            overlaps = {f"{one} in {other}": [(splits[one], splits[other])] for one, other in later}
            unused = ~np.any([*splits.values(), ~every[ALL]], axis=0)
            left = {NO_SPLIT: unused} if splits and unused.any() else {}
            return cls(every | splits | left, overlaps)
        by_fold = [one.splits == OOF for one in folds.tables]
        dealt = np.any(by_fold, axis=0)
        named = {f"fold {number}": mask for number, mask in enumerate(by_fold)}
        masks = every | {FOLDS: dealt} | named
        overlaps = {"fold in other folds": [(mask, dealt & ~mask) for mask in by_fold]}
        test = table.splits == "test"
        if test.any():
            masks["test"] = test
            overlaps["test in folds"] = [(test, dealt)]
        unused = ~(dealt | test)
        return cls(masks | ({NO_SPLIT: unused} if unused.any() else {}), overlaps, tuple(named))

    def sizes(self, mask: Mask | None = None) -> dict[str, int]:
        """Return the number of samples of each part, of those that a mask has."""
        return {
            name: int((one if mask is None else one & mask).sum())
            for name, one in self.masks.items()
        }
