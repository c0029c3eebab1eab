"""A transformer over time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lfx.modalities.pooling import masked_mean
from lfx.modalities.vector.encoder import (
    SHARE,
    VectorEncoder,
    VectorEncoderBuilder,
    described,
    integer,
)
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, WeightsError
from lfx.runtime.settings import Count, Probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.modalities.vector.standardize import Standardize

_MOST_LAYERS = 64
_LONGEST_WAVE = 10_000.0


def positions(length: int, width: int, device: torch.device | None = None) -> Tensor:
    """Return sines and cosines of each position (Vaswani et al., 2017, section 3.5).

    Args:
        length: number of positions.
        width: of each.
        device: where.

    Returns:
        (length, width) in -1..1: sines in the even columns, cosines in the odd ones.

    Example:
        >>> positions(2, 4).round(decimals=2).tolist()[0]
        [0.0, 1.0, 0.0, 1.0]
    """
    columns = torch.arange(width, device=device)
    frequencies = torch.exp(-math.log(_LONGEST_WAVE) * (columns - columns % 2) / width)
    angles = torch.arange(length, device=device)[:, None] * frequencies
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())


class SequenceTransformer(VectorEncoder):
    """A transformer whose outputs' mean over time is the features.

    Args:
        standardize: what it learned from the train split.
        max_length: longest sequence in steps.
        width: of what its layers read and write.
        layers: how many there are.
        heads: of attention, in each.
        feedforward: width of the hidden layer in each.
        dropout: in each.
    """

    def __init__(
        self,
        standardize: Standardize,
        max_length: int | None,
        *,
        width: int,
        layers: int,
        heads: int,
        feedforward: int,
        dropout: float,
    ) -> None:
        super().__init__(standardize, max_length)
        self.features = width
        self.heads = heads
        self.feedforward = feedforward
        self.dropout = dropout
        self.projection = nn.Linear(standardize.width, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                heads,
                feedforward,
                dropout,
                activation="gelu",
                batch_first=True,
                norm_first=True,
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def encode_steps(self, steps: Tensor, mask: Tensor) -> Tensor:
        """Encode (batch, longest, inputs) to (batch, features); no step attends to padding."""
        hidden = self.projection(steps)
        hidden = hidden + positions(hidden.shape[1], self.features, hidden.device)
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=~mask)
        return masked_mean(self.norm(hidden), mask)

    def shape(self) -> dict[str, Any]:
        """Return widths, layers, heads and dropout."""
        return {
            "width": self.features,
            "layers": len(self.layers),
            "heads": self.heads,
            "feedforward": self.feedforward,
            "dropout": self.dropout,
        }

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return the projection, and each layer, the last with the norm after it."""
        *first, last = [list(layer.parameters()) for layer in self.layers]
        return [list(self.projection.parameters()), *first, [*last, *self.norm.parameters()]]


@checked
@dataclass(frozen=True, kw_only=True)
class SequenceTransformerEncoder(VectorEncoderBuilder):
    """A transformer over time.

    Args:
        max_length: Longest sequence in steps; what goes beyond is cut off; null: no limit. Time
            and memory grow with its square.
        width: Width of what its layers read and write.
        layers: Number of layers.
        heads: Heads of attention in each layer; they divide the width.
        feedforward: Width of the hidden layer in each.
        dropout: Dropout in each layer.

    Raises:
        ConfigError: the heads do not divide the width.
    """

    max_length: Count | None = 512
    width: Count = 64
    layers: Count = 2
    heads: Count = 4
    feedforward: Count = 128
    dropout: Probability = 0.1

    def __post_init__(self) -> None:
        """Refuse heads that do not divide the width."""
        super().__post_init__()
        if self.width % self.heads:
            raise ConfigError(
                f"encoder.heads={self.heads} does not divide encoder.width={self.width}"
            )

    def on(self, standardize: Standardize) -> SequenceTransformer:
        """Build it on standardised features."""
        return SequenceTransformer(
            standardize,
            self.max_length,
            width=self.width,
            layers=self.layers,
            heads=self.heads,
            feedforward=self.feedforward,
            dropout=self.dropout,
        )

    @staticmethod
    def restore(description: Mapping[str, Any]) -> SequenceTransformer:
        """Build what a checkpoint describes, with random weights."""
        standardize, max_length = described(description, _FIELDS)
        if description["width"] % description["heads"]:
            raise WeightsError(
                f"the encoder's description is wrong: {description['heads']} heads do not divide a "
                f"width of {description['width']}"
            )
        return SequenceTransformer(
            standardize, max_length, **{name: description[name] for name in _FIELDS}
        )


_FIELDS = {
    "width": integer(),
    "layers": integer(most=_MOST_LAYERS),
    "heads": integer(),
    "feedforward": integer(),
    "dropout": SHARE,
}
