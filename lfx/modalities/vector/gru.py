"""Gated recurrent units over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lfx.modalities.description import choice
from lfx.modalities.pooling import masked_mean
from lfx.modalities.vector.encoder import (
    FLAG,
    SHARE,
    VectorEncoder,
    VectorEncoderBuilder,
    described,
    integer,
)
from lfx.runtime.checked import checked
from lfx.runtime.settings import Count, Probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.modalities.vector.standardize import Standardize

_MOST_LAYERS = 64


class Gru(VectorEncoder):
    """A GRU whose states over time, or last states, are the features.

    Args:
        standardize: what it learned from the train split.
        max_length: longest sequence in steps.
        hidden: width of a state.
        layers: how many GRUs read one another.
        bidirectional: whether another one reads from the end.
        pooling: `mean` of the states over time, or the `last` ones.
        dropout: between layers.
    """

    def __init__(
        self,
        standardize: Standardize,
        max_length: int | None,
        *,
        hidden: int,
        layers: int,
        bidirectional: bool,
        pooling: str,
        dropout: float,
    ) -> None:
        super().__init__(standardize, max_length)
        self.pooling = pooling
        self.dropout = dropout
        self.gru = nn.GRU(
            standardize.width,
            hidden,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
        )
        self.features = hidden * (1 + bidirectional)

    def encode_steps(self, steps: Tensor, mask: Tensor) -> Tensor:
        """Encode (batch, longest, inputs) to (batch, features); padding is never read."""
        lengths = mask.sum(dim=1).cpu()
        # Its kernels on a CPU know no other number format.
        with torch.autocast(steps.device.type, enabled=False):
            packed = pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=False)
            states, last = self.gru(packed)
            if self.pooling == "last":
                ends: Tensor = last[-(1 + self.gru.bidirectional) :]
                return ends.transpose(0, 1).flatten(1)
            padded, _ = pad_packed_sequence(states, batch_first=True)
        return masked_mean(padded, mask[:, : padded.shape[1]])

    def shape(self) -> dict[str, Any]:
        """Return widths, layers, directions, pooling and dropout."""
        return {
            "hidden": self.gru.hidden_size,
            "layers": self.gru.num_layers,
            "bidirectional": self.gru.bidirectional,
            "pooling": self.pooling,
            "dropout": self.dropout,
        }

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return the layers, both directions of each."""
        layers: list[list[nn.Parameter]] = [[] for _ in range(self.gru.num_layers)]
        for name, parameter in self.gru.named_parameters():
            number = name.removesuffix("_reverse").rpartition("_l")[2]  # weight_ih_l0_reverse
            layers[int(number)].append(parameter)
        return layers


@checked
@dataclass(frozen=True, kw_only=True)
class GruEncoder(VectorEncoderBuilder):
    """A GRU over time.

    Args:
        max_length: Longest sequence in steps; what goes beyond is cut off; null: no limit.
        hidden: Width of a state.
        layers: How many GRUs read one another.
        bidirectional: Whether another one reads from the end to the beginning.
        pooling: mean: of the states over time. last: the state after the last step, and in the
            other direction after the first.
        dropout: Dropout between layers.
    """

    max_length: Count | None = 512
    hidden: Count = 64
    layers: Count = 1
    bidirectional: bool = True
    pooling: Literal["mean", "last"] = "mean"
    dropout: Probability = 0.1

    def on(self, standardize: Standardize) -> Gru:
        """Build it on standardised features."""
        return Gru(
            standardize,
            self.max_length,
            hidden=self.hidden,
            layers=self.layers,
            bidirectional=self.bidirectional,
            pooling=self.pooling,
            dropout=self.dropout,
        )

    @staticmethod
    def restore(description: Mapping[str, Any]) -> Gru:
        """Build what a checkpoint describes, with random weights."""
        standardize, max_length = described(description, _FIELDS)
        return Gru(standardize, max_length, **{name: description[name] for name in _FIELDS})


_FIELDS = {
    "hidden": integer(),
    "layers": integer(most=_MOST_LAYERS),
    "bidirectional": FLAG,
    "pooling": choice("mean", "last"),
    "dropout": SHARE,
}
