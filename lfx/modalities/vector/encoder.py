"""What encoders of vectors and sequences have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from lfx.modalities.description import LARGEST_ARGUMENT, require_fields
from lfx.modalities.encoder import Encoder, EncoderBuilder
from lfx.modalities.modality import Modality
from lfx.modalities.pooling import length_mask
from lfx.modalities.vector.modality import VectorModality
from lfx.modalities.vector.standardize import Standardize
from lfx.runtime.errors import ConfigError
from lfx.runtime.fields import Field, is_integer, is_list_of, is_number
from lfx.runtime.settings import Count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    from torch import Tensor


_LONGEST = 2**31 - 1  # steps
_WIDEST = 2**22  # features


class VectorEncoder(Encoder):
    """Standardises each step, and makes one vector of all.

    Args:
        standardize: what it learned from the train split.
        max_length: longest sequence in steps; what goes beyond is cut off; None: there is no limit.
    """

    def __init__(self, standardize: Standardize, max_length: int | None) -> None:
        super().__init__()
        self.standardize = standardize
        self.max_length = max_length

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode `values` (batch, longest, inputs), `lengths` (batch,) to (batch, features)."""
        values, lengths = batch["values"].float(), batch["lengths"]
        mask = length_mask(lengths, values.shape[1])
        return self.encode_steps(self.standardize(values) * mask.unsqueeze(-1), mask)

    @abstractmethod
    def encode_steps(self, steps: Tensor, mask: Tensor) -> Tensor:
        """Encode standardised sequences.

        Args:
            steps: (batch, longest, inputs), 0 where there is no step.
            mask: (batch, longest) bool, true at steps, of which each sequence has one or more.

        Returns:
            (batch, features).
        """

    def description(self) -> dict[str, Any]:
        """Return plain values: number of inputs, the longest sequence, and the subclass's own."""
        return {
            "inputs": self.standardize.width,
            "max_length": self.max_length,
            **self.shape(),
        }

    @abstractmethod
    def shape(self) -> dict[str, Any]:
        """Return what shapes the encoder beside its inputs, in plain values."""


@dataclass(frozen=True, kw_only=True)
class VectorEncoderBuilder(EncoderBuilder):
    """The settings that all encoders of vectors have.

    Args:
        max_length: Longest sequence in steps; what goes beyond is cut off; null: no limit.

    Raises:
        ConfigError: it would have random weights that are not trained.
    """

    reads: ClassVar[str] = "vector"
    modality: ClassVar[type[Modality]] = VectorModality
    max_length: Count | None = None

    def __post_init__(self) -> None:
        """Refuse a frozen encoder with random weights."""
        if self.trainable == "nothing":
            raise ConfigError(
                "encoder.trainable=nothing would train a classifier on random features; allowed: "
                "everything, last_blocks; or encoder=logistic, which has nothing to train"
            )

    def build(self, train: Sequence[npt.NDArray[np.float32]]) -> VectorEncoder:
        """Build it with random weights; the train split says what is standardised, and how."""
        return self.on(Standardize.learned([array[: self.max_length] for array in train]))

    @abstractmethod
    def on(self, standardize: Standardize) -> VectorEncoder:
        """Build it on standardised features."""


def integer(least: int = 1, most: int = LARGEST_ARGUMENT) -> Field:
    """Return a field that is an integer within bounds."""
    return Field(f"an integer from {least} to {most}", lambda value: is_integer(value, least, most))


# Fields of descriptions of several encoders.
WIDTHS = Field(
    f"a list of integers from 1 to {LARGEST_ARGUMENT}",
    lambda value: is_list_of(value, lambda one: is_integer(one, 1, LARGEST_ARGUMENT)),
)
SHARE = Field("a number of at least 0 and below 1", lambda value: is_number(value, 0, 1 - 1e-9))
FLAG = Field("true or false", lambda value: isinstance(value, bool))
_COMMON = {
    "inputs": integer(most=_WIDEST),
    "max_length": Field(
        "an integer of 1 or more, or none",
        lambda value: value is None or is_integer(value, 1, _LONGEST),
    ),
}


def described(
    description: Mapping[str, Any], fields: Mapping[str, Field]
) -> tuple[Standardize, int | None]:
    """Return what a description says of inputs and lengths, all of it checked.

    Args:
        description: of a checkpoint.
        fields: those that the encoder has beside these.

    Raises:
        WeightsError: a field is missing, unknown, or of the wrong type or range.
    """
    require_fields(description, {**_COMMON, **fields})
    return Standardize(description["inputs"]), description["max_length"]
