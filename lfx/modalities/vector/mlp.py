"""The mean over time, and hidden layers on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import MinLen
from torch import Tensor, nn

from lfx.modalities.pooling import masked_mean
from lfx.modalities.vector.encoder import (
    SHARE,
    WIDTHS,
    VectorEncoder,
    VectorEncoderBuilder,
    described,
)
from lfx.runtime.checked import checked
from lfx.runtime.settings import Count, Probability

if TYPE_CHECKING:
    from lfx.modalities.vector.standardize import Standardize


class Mlp(VectorEncoder):
    """Hidden layers with ReLU on the mean over time.

    Args:
        standardize: what it learned from the train split.
        max_length: longest sequence in steps.
        hidden: width of each layer.
        dropout: after each layer but the last.
    """

    def __init__(
        self,
        standardize: Standardize,
        max_length: int | None,
        *,
        hidden: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__(standardize, max_length)
        self.hidden = list(hidden)
        self.dropout = dropout
        self.features = standardize.width
        layers: list[nn.Module] = []
        for width in hidden:
            layers += [nn.Dropout(dropout)] if layers else []
            layers += [nn.Linear(self.features, width), nn.ReLU()]
            self.features = width
        self.layers = nn.Sequential(*layers)

    def encode_steps(self, steps: Tensor, mask: Tensor) -> Tensor:
        """Encode (batch, longest, inputs) to (batch, features)."""
        features: Tensor = self.layers(masked_mean(steps, mask))
        return features

    def shape(self) -> dict[str, Any]:
        """Return widths and dropout."""
        return {"hidden": self.hidden, "dropout": self.dropout}

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return the layers."""
        return [list(layer.parameters()) for layer in self.layers if isinstance(layer, nn.Linear)]


@checked
@dataclass(frozen=True, kw_only=True)
class MlpEncoder(VectorEncoderBuilder):
    """Hidden layers on the mean over time.

    Args:
        hidden: Width of each hidden layer.
        dropout: Dropout after each hidden layer but the last, after which the head has its own.
    """

    hidden: Annotated[Sequence[Count], MinLen(1)] = (128,)
    dropout: Probability = 0.1

    def on(self, standardize: Standardize) -> Mlp:
        """Build it on standardised features."""
        return Mlp(standardize, self.max_length, hidden=self.hidden, dropout=self.dropout)

    @staticmethod
    def restore(description: Mapping[str, Any]) -> Mlp:
        """Build what a checkpoint describes, with random weights."""
        standardize, max_length = described(description, {"hidden": WIDTHS, "dropout": SHARE})
        return Mlp(
            standardize,
            max_length,
            hidden=description["hidden"],
            dropout=description["dropout"],
        )
