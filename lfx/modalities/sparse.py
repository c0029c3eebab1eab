"""Encoders whose features are 0 but for a few, such as counts of words."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from lfx.modalities.encoder import Encoder

if TYPE_CHECKING:
    from torch import Tensor


class SparseEncoder(Encoder):
    """An encoder that says which of its features are not 0.

    A classifier reads whole vectors, a batch at a time; `training=classical` reads the entries of
    all samples, without the zeros between them.
    """

    @abstractmethod
    def entries(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the features that are not 0.

        Args:
            batch: what its modality collates.

        Returns:
            Both (batch, most entries): which feature, in 0..features - 1, no two the same in a row
            but those of value 0, which pad; and its value, float32.
        """

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode a batch to (batch, features)."""
        columns, values = self.entries(batch)
        whole = values.new_zeros(len(values), self.features)
        return whole.scatter_add_(1, columns, values)
