"""Standardised features as they are, for a linear classifier on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.modalities.pooling import masked_mean
from lfx.modalities.trainable import Trainable
from lfx.modalities.vector.encoder import VectorEncoder, VectorEncoderBuilder, described
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from lfx.modalities.vector.standardize import Standardize


class StandardizedMean(VectorEncoder):
    """The mean over time of standardised features; there is nothing to train.

    Args:
        standardize: what it learned from the train split.
        max_length: longest sequence in steps.
    """

    def __init__(self, standardize: Standardize, max_length: int | None) -> None:
        super().__init__(standardize, max_length)
        self.features = standardize.width

    def encode_steps(self, steps: Tensor, mask: Tensor) -> Tensor:
        """Encode (batch, longest, inputs) to (batch, inputs)."""
        return masked_mean(steps, mask)

    def shape(self) -> dict[str, Any]:
        """Return nothing: the inputs say all."""
        return {}

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return nothing: it has no parameters."""
        return []


@checked
@dataclass(frozen=True, kw_only=True)
class LogisticEncoder(VectorEncoderBuilder):
    """Standardised features for a logistic regression on them (training=classical).

    Args:
        trainable: nothing: it has no parameters.

    Raises:
        ConfigError: something of it is to be trained.
    """

    trainable: Trainable = "nothing"

    def __post_init__(self) -> None:
        """Refuse to train what has no parameters."""
        if self.trainable != "nothing":
            raise ConfigError(
                f"encoder.trainable={self.trainable}: encoder=logistic has no parameters; allowed: "
                "nothing"
            )

    def on(self, standardize: Standardize) -> StandardizedMean:
        """Build it on standardised features."""
        return StandardizedMean(standardize, self.max_length)

    @staticmethod
    def restore(description: Mapping[str, Any]) -> StandardizedMean:
        """Build what a checkpoint describes."""
        return StandardizedMean(*described(description, {}))
