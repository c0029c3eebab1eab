"""What a kind of content has to do for a model to read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from torch import Tensor

if TYPE_CHECKING:
    from pathlib import Path

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
    """A kind of content: what a model reads of a sample.

    Attributes:
        reads: the kind of content, as `EncoderBuilder.reads` names it.
    """

    reads: ClassVar[str]

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
            rows: (samples,) which of them.
            encoder: what reads them; it says in which form.
            cache_dir: where prepared content is kept.
            seed: of the augmentation of training samples; None: they are not augmented.
        """
