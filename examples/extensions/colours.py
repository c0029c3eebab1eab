"""A kind of content of one's own: the colours of a picture, read from its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor, nn

from lfx import Encoder, EncoderBuilder, Modality
from lfx.data.column import FileColumn
from lfx.modalities.modality import Inputs
from lfx.runtime.settings import Count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.data.samples import SampleTable

# Bins of each channel's histogram.
BINS = 8
INPUTS = 3 * BINS


class Colours(Modality):
    """Reads a picture as a histogram of each colour channel.

    Args:
        column: The column of the pictures' files.
        equalised: Whether each channel is stretched to its whole range first.
    """

    reads = "colours"
    kinds = (FileColumn,)

    def __init__(self, column: str = "image", equalised: bool = False) -> None:  # noqa: FBT001, FBT002
        super().__init__(column)
        self.equalised = equalised

    def problems_of(
        self, table: SampleTable, rows: Sequence[int], cache_dir: Path
    ) -> dict[int, str]:
        """Return the rows whose file is no picture."""
        problems = super().problems_of(table, rows, cache_dir)
        for row in rows:
            if row not in problems:
                try:
                    self._histogram(table, row, cache_dir)
                except (OSError, UnidentifiedImageError) as error:
                    problems[row] = f"no colours can be read: {error}"
        return problems

    def content(self, table: SampleTable, rows: Sequence[int]) -> Sequence[Any]:
        """Return the files; nothing of the encoder is fitted to them."""
        return [self.read(table)[row] for row in rows]

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: Encoder,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Count the colours once; training samples are not augmented."""
        del encoder, seed
        counted = np.array([self._histogram(table, row, cache_dir) for row in rows])
        shares = torch.tensor(counted.reshape(len(rows), INPUTS), dtype=torch.float32)

        def collate(positions: list[int], _epoch: int, views: int) -> dict[str, Tensor]:
            return {"colours": shares[positions].repeat(views, 1)}

        return Inputs(collate, [1] * len(rows))

    def _histogram(self, table: SampleTable, row: int, cache_dir: Path) -> list[float]:
        """Return the share of each bin, channel by channel, (INPUTS,)."""
        (file,) = self.read(table).files([row], cache_dir)
        with Image.open(file) as image:
            picture = image.convert("RGB")
            pixels = np.asarray(ImageOps.equalize(picture) if self.equalised else picture)
        pixels = pixels.reshape(-1, 3)
        counts = [np.histogram(channel, BINS, (0, 256))[0] for channel in pixels.T]
        return (np.concatenate(counts) / len(pixels)).tolist()


class ColourNet(Encoder):
    """One hidden layer on the shares of the colours."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = width
        self.layer = nn.Linear(INPUTS, width)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode `colours` (batch, INPUTS) to (batch, features)."""
        features: Tensor = self.layer(batch["colours"]).relu()
        return features

    def description(self) -> dict[str, Any]:
        """Return what builds it again."""
        return {"width": self.features}

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return its only block."""
        return [list(self.parameters())]


@dataclass(frozen=True, kw_only=True)
class ColourEncoder(EncoderBuilder):
    """Builds a `ColourNet`.

    Args:
        width: Width of the hidden layer.
    """

    reads: ClassVar[str] = "colours"
    modality: ClassVar[type[Modality]] = Colours
    width: Count = 32

    def build(self, train: Sequence[Any]) -> ColourNet:
        """Build it with random weights; the train split is not needed."""
        del train
        return ColourNet(self.width)

    @staticmethod
    def restore(description: Mapping[str, Any]) -> ColourNet:
        """Build what a checkpoint describes."""
        return ColourNet(int(description["width"]))
