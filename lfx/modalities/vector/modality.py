"""Vectors and sequences: padded to the longest of a batch."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from lfx.data.column import FileColumn, NumberColumn
from lfx.modalities.modality import NO_EPOCH, Inputs, Modality
from lfx.modalities.vector.augmentation import VectorAugmentation
from lfx.modalities.vector.facts import number_facts
from lfx.modalities.vector.files import ARRAY_FILES, numbers_of_files
from lfx.modalities.vector.standardize import LARGEST
from lfx.runtime.checked import checked
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from lfx.data.column import Column
    from lfx.data.samples import SampleTable
    from lfx.modalities.facts import Facts
    from lfx.modalities.vector.encoder import VectorEncoder

log = logging.getLogger(__name__)

# Files of a column that are looked at.
_LOOKED_AT = 16
# A larger share of sequences that are cut is a warning.
_MANY = 0.05


@checked
class VectorModality(Modality):
    """Numbers: a vector of each sample, or a sequence of vectors over time.

    Args:
        column: The column that is read.
        augmentation: Random changes of the training samples.
    """

    reads = "vector"
    kinds = (NumberColumn, FileColumn)

    def __init__(
        self, column: str = "vector", augmentation: VectorAugmentation = VectorAugmentation()
    ) -> None:
        super().__init__(column)
        self.augmentation = augmentation
        self._logged: set[tuple[int, int]] = set()
        self._read: tuple[FileColumn, NumberColumn] | None = None

    @property
    def augments(self) -> bool:
        """Whether training samples are changed at random."""
        return self.augmentation.noise > 0

    @classmethod
    def recognises(cls, name: str, column: Column) -> bool:
        """Return whether a column holds numbers, or names files of them."""
        del name
        if isinstance(column, NumberColumn):
            return True
        if not isinstance(column, FileColumn):
            return False
        names = [one.suffix.lower() for one in column.first(_LOOKED_AT) if isinstance(one, Path)]
        return any(name in ARRAY_FILES for name in names)

    def facts(self, table: SampleTable, rows: Sequence[int], cache_dir: Path) -> Facts:
        """Return shapes and ranges; numbers are read, since there is no header."""
        problems = self.problems_of(table, rows, cache_dir)
        facts = number_facts(self._numbers(table), [row for row in rows if row not in problems])
        return replace(facts, problems=problems)

    def content(self, table: SampleTable, rows: Sequence[int]) -> list[npt.NDArray[np.float32]]:
        """Return the numbers, (time, features) each."""
        column = self._numbers(table)
        return [column.array(row) for row in rows]

    def problems_of(
        self, table: SampleTable, rows: Sequence[int], cache_dir: Path
    ) -> dict[int, str]:
        """Return the rows whose numbers cannot be read, are not finite or too large, and where."""
        del cache_dir
        column = self._numbers(table)
        flaws = {row: column.flaws[row] for row in rows if row in column.flaws}
        # NaN is not below anything.
        if not column.values.size or bool((np.abs(column.values) <= LARGEST).all()):
            return flaws
        return flaws | {
            row: _unusable(column.array(row))
            for row in rows
            if not (np.abs(column.array(row)) <= LARGEST).all()
        }

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: VectorEncoder,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Cut what is too long; batches hold sequences of like length."""
        del cache_dir
        column, wanted = self._numbers(table), encoder.standardize.width
        if column.width != wanted and len(rows):
            raise DataError(
                f"column {self.column} has {column.width} features, and the model reads {wanted}: "
                "it was trained on other features"
            )
        lengths = np.diff(column.starts)[np.asarray(rows, dtype=np.int64)]
        longest = encoder.max_length
        if longest is not None:
            self._log_cut(int((lengths > longest).sum()), len(rows), longest)
            lengths = np.minimum(lengths, longest)
        collate = VectorCollate(
            column, rows, lengths, self.augmentation, encoder.standardize.spread, seed
        )
        return Inputs(collate, lengths.tolist())

    def _numbers(self, table: SampleTable) -> NumberColumn:
        """Return the numbers; those in files of their own are read once."""
        column: NumberColumn | FileColumn = self.read(table)
        if isinstance(column, NumberColumn):
            return column
        if self._read is None or self._read[0] is not column:
            self._read = (column, numbers_of_files(column))
        return self._read[1]

    def _log_cut(self, cut: int, samples: int, longest: int) -> None:
        """Log how many sequences the model does not read to their end, once for the same."""
        if cut and (cut, samples) not in self._logged:
            self._logged.add((cut, samples))
            log.log(
                logging.WARNING if cut >= _MANY * samples else logging.INFO,
                "%d of %d sequences (%.1f %%) are longer than the %d steps that the model reads, "
                "and their ends are cut off (%s.max_length, in training)",
                *(cut, samples, 100 * cut / samples, longest, self.encoder_section),
            )


def _unusable(array: npt.NDArray[np.float32]) -> str:
    """Return where the first number stands that is not finite, or else the first too large one."""
    wrong, reason, allowed = ~np.isfinite(array), "not finite", "a number"
    if not wrong.any():
        wrong, reason = np.abs(array) > LARGEST, "too large"
        allowed = f"a number of at most {LARGEST:.1e} in size"
    steps, features = np.nonzero(wrong)
    value, more = array[steps[0], features[0]], len(steps) - 1
    where = f"feature {features[0] + 1} of {array.shape[1]}"
    if len(array) > 1:
        where += f" in step {steps[0] + 1} of {len(array)}"
    also = f", and {more} more are {reason}" if more else ""
    return f"{where} is {value}{also}; write {allowed}, or leave the sample out"


class VectorCollate:
    """Pads a batch of sequences with zeros to the longest of them.

    Args:
        column: the numbers of all samples.
        rows: (samples,) each sample's position in the data.
        lengths: (samples,) steps that are read of each.
        augmentation: changes training samples.
        spread: (features,) standard deviations of the train split.
        seed: of the augmentation; None: none.
    """

    def __init__(
        self,
        column: NumberColumn,
        rows: Sequence[int],
        lengths: npt.NDArray[np.int64],
        augmentation: VectorAugmentation,
        spread: npt.NDArray[np.float32],
        seed: int | None = None,
    ) -> None:
        self.column = column
        self.rows = rows
        self.lengths = lengths
        self.augmentation = augmentation
        self.spread = spread
        self.seed = seed

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return `values` (views * batch, longest, features) float32, `lengths` (views * batch,).

        All samples' first views come first.
        """
        lengths = np.tile(self.lengths[positions], views)
        values = np.zeros((len(lengths), lengths.max(), self.column.width), dtype=np.float32)
        for index, length in enumerate(lengths):
            view, at = divmod(index, len(positions))
            row = self.rows[positions[at]]
            steps = self.column.array(row)[:length]
            if self.seed is not None and epoch != NO_EPOCH:
                steps = self.augmentation(steps, self.spread, (self.seed, epoch, row, view))
            values[index, :length] = steps
        return {"values": torch.from_numpy(values), "lengths": torch.from_numpy(lengths)}
