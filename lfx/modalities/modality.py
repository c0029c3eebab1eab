"""What a kind of content has to do for a model to read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from torch import Tensor

from lfx.data.column import Column
from lfx.modalities.facts import Facts
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder

# Epoch of batches that are not augmented.
NO_EPOCH = -1
# From the positions of a batch, the epoch and the number of views to what the encoder reads; all
# samples' first views come first.
Collate = Callable[[list[int], int, int], dict[str, Tensor]]


@dataclass(frozen=True)
class Inputs:
    """Where an encoder's batches come from.

    Attributes:
        collate: returns what the encoder reads.
        lengths: (samples,) length of each sample, in whatever makes its computation longer.
    """

    collate: Collate
    lengths: Sequence[int]


EncoderType = TypeVar("EncoderType", bound="Encoder")


class Modality(ABC):
    """A kind of content: what a model reads of a sample, in one column of the data.

    Args:
        column: the name of the column.

    Attributes:
        reads: the kind of content, as `EncoderBuilder.reads` names it.
        kinds: the kinds of columns that it can read.
        section: where its settings are, for messages; those of a joint model's part are elsewhere.
        encoder_section: where its encoder's settings are.
    """

    reads: ClassVar[str]
    kinds: ClassVar[tuple[type[Column], ...]] = (Column,)
    section = "modality"
    encoder_section = "encoder"

    def __init__(self, column: str) -> None:
        self.column = column

    @property
    def augments(self) -> bool:
        """Whether training content is changed at random, so that it differs from epoch to epoch."""
        return True

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that are read."""
        return (self.column,)

    def read(self, table: SampleTable) -> Any:
        """Return what the samples have in the column.

        Raises:
            DataError: the data have no such column, or it holds something else.
        """
        column = table.columns.get(self.column)
        if column is None:
            raise DataError(
                f"the data have no column {self.column}; they have {name_some(table.columns)}. "
                f"{self.section}.column=NAME reads another; in data=table "
                f"data.source.columns.{self.column}=COLUMN names the file's"
            )
        if not isinstance(column, self.kinds):
            wanted = " or ".join(kind.kind for kind in self.kinds)
            reader = f"modality={self.reads}" if self.section == "modality" else self.section
            holds = column.kind if column.present.any() else "nothing"
            raise DataError(
                f"column {self.column} holds {holds}, and {reader} reads {wanted}; "
                f"{self.section}.column=NAME reads another of {name_some(table.columns)}"
            )
        return column

    def present(self, table: SampleTable) -> npt.NDArray[np.bool_]:
        """Return whether each sample has content to read, (samples,)."""
        present: npt.NDArray[np.bool_] = self.read(table).present
        return present

    def fingerprints(self, table: SampleTable, cache_dir: Path) -> dict[str, str]:
        """Return column → fingerprint of what all samples of the data set have there."""
        return {name: table.column_fingerprint(name, cache_dir) for name in self.columns()}

    def problems(self, table: SampleTable, cache_dir: Path) -> dict[str, dict[int, str]]:
        """Check the content of all samples that have some, before anything is trained.

        Args:
            table: the samples.
            cache_dir: where results may be kept between runs.

        Returns:
            Column → position → what is wrong with the content there.
        """
        rows = [int(row) for row in np.flatnonzero(self.present(table))]
        return {self.column: self.problems_of(table, rows, cache_dir)}

    def problems_of(
        self, table: SampleTable, rows: Sequence[int], cache_dir: Path
    ) -> dict[int, str]:
        """Check the content of some samples.

        Args:
            table: the samples.
            rows: positions of samples that have content.
            cache_dir: where results may be kept between runs.

        Returns:
            Position → what is wrong with its content: it is broken, empty or of another kind.
        """
        del cache_dir
        flaws = self.read(table).flaws
        return {row: flaws[row] for row in rows if row in flaws} if flaws else {}

    @classmethod
    def recognises(cls, name: str, column: Column) -> bool:
        """Return whether a column is best described by this modality, where no setting says so.

        Args:
            name: of the column.
            column: what the samples have there.
        """
        del name, column
        return False

    def facts(self, table: SampleTable, rows: Sequence[int], cache_dir: Path) -> Facts:
        """Return what a data card tells of the content, read no further than that takes.

        Args:
            table: the samples.
            rows: positions of samples that have content, of which no flaw is known.
            cache_dir: where results may be kept between runs.
        """
        del table, rows, cache_dir
        return Facts()

    @abstractmethod
    def content(self, table: SampleTable, rows: Sequence[int]) -> Sequence[Any]:
        """Return the content of some rows, for an encoder that is fitted to the train split."""

    @abstractmethod
    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: Any,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Prepare some rows for an encoder.

        Args:
            table: the samples.
            rows: (samples,) which of them; all have content, without problems.
            encoder: what reads them; it says in which form.
            cache_dir: where prepared content is kept.
            seed: of the augmentation of training samples; None: they are not augmented.
        """
