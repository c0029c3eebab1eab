"""A modality of one's own, with an encoder and a head: texts as counts of their letters."""

from __future__ import annotations

import string
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import torch
from annotated_types import Gt
from torch import Tensor, nn

from lfx import Encoder, EncoderBuilder, Head, Modality
from lfx.data.column import TextColumn
from lfx.modalities.modality import NO_EPOCH, Inputs
from lfx.runtime.settings import Count, Probability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.data.samples import SampleTable

LETTERS = string.ascii_lowercase


class LetterCounts(Modality):
    """Reads a text as how often it has each letter.

    Args:
        column: The column of the texts.
        drop: Probability with which a letter of a training text is passed over.
    """

    reads = "letters"
    kinds = (TextColumn,)

    def __init__(self, column: str = "text", drop: Probability = 0.0) -> None:
        super().__init__(column)
        self.drop = drop

    def content(self, table: SampleTable, rows: Sequence[int]) -> list[Counter[str]]:
        """Return the counts of some rows."""
        return [Counter(text.lower()) for text in self.read(table).texts(rows)]

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: Encoder,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Count once; with a seed, training samples lose letters by chance."""
        del encoder, cache_dir
        counted = [[of[letter] for letter in LETTERS] for of in self.content(table, rows)]
        counts = torch.tensor(counted, dtype=torch.float32)

        def collate(positions: list[int], epoch: int, views: int) -> dict[str, Tensor]:
            batch = counts[positions].repeat(views, 1)
            if seed is not None and epoch != NO_EPOCH:
                generator = torch.Generator().manual_seed(hash((seed, epoch, *positions)) % 2**63)
                batch = batch * (torch.rand(batch.shape, generator=generator) >= self.drop)
            return {"counts": batch}

        return Inputs(collate, [1] * len(rows))


class LetterNet(Encoder):
    """One hidden layer on the shares of the letters."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = width
        self.layer = nn.Linear(len(LETTERS), width)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode `counts` (batch, 26) to (batch, features)."""
        counts = batch["counts"]
        features: Tensor = self.layer(counts / counts.sum(dim=1, keepdim=True).clamp(min=1)).relu()
        return features

    def description(self) -> dict[str, Any]:
        """Return what builds it again."""
        return {"width": self.features}

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return its only block."""
        return [list(self.parameters())]


@dataclass(frozen=True, kw_only=True)
class LetterEncoder(EncoderBuilder):
    """Builds a `LetterNet`.

    Args:
        width: Width of the hidden layer.
    """

    reads: ClassVar[str] = "letters"
    modality: ClassVar[type[Modality]] = LetterCounts
    width: Count = 32

    def build(self, train: Sequence[Counter[str]]) -> LetterNet:
        """Build it with random weights; the train split is not needed."""
        del train
        return LetterNet(self.width)

    @staticmethod
    def restore(description: Mapping[str, Any]) -> LetterNet:
        """Build what a checkpoint describes."""
        return LetterNet(int(description["width"]))


class Cosine(nn.Module):
    """Logits that are cosines between features and a direction of each class, scaled."""

    def __init__(self, features: int, classes: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.directions = nn.Linear(features, classes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Compute logits (batch, classes)."""
        of_features = nn.functional.normalize(features, dim=1)
        return self.scale * of_features @ nn.functional.normalize(self.directions.weight, dim=1).T


@dataclass(frozen=True, kw_only=True)
class CosineHead(Head):
    """Builds a `Cosine` classifier.

    Args:
        scale: What cosines are multiplied by.
    """

    scale: Annotated[float, Gt(0)] = 8.0

    def build(self, features: int, classes: int) -> Cosine:
        """Build it with random directions."""
        return Cosine(features, classes, self.scale)
