"""What a frozen part's encoder has given, sample by sample, and batches of it.

Such a batch has other keys than the part's own: with them, the joint encoder does not run the
part's encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lfx.modalities.encoder import Encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

_FEATURES, _TOKENS, _MASK = "encoded:features", "encoded:tokens", "encoded:mask"


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """What an encoder has given for some samples, in the number format that it gave.

    Attributes:
        features: (samples, features).
        tokens: (all tokens, width), those of a sample together; None where nobody reads them.
        first: (samples,) int64, where each sample's tokens begin.
        count: (samples,) int64, how many tokens each sample has.
    """

    features: Tensor
    tokens: Tensor | None
    first: Tensor
    count: Tensor


class EncodedCollate:
    """Reads batches of what an encoder has given, in place of what it would read.

    Args:
        rows: of all samples.
    """

    def __init__(self, rows: EncodedRows) -> None:
        self.rows = rows

    def __call__(self, positions: list[int], _epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return the batch of some samples, tokens padded to the longest of them with zeros."""
        rows, chosen = self.rows, torch.tensor(positions).repeat(views)
        batch = {_FEATURES: rows.features[chosen]}
        if rows.tokens is None:
            return batch
        count = rows.count[chosen]
        steps = torch.arange(int(count.max()))
        mask = steps < count[:, None]
        places = torch.where(mask, rows.first[chosen][:, None] + steps, 0)
        tokens = torch.where(mask[:, :, None], rows.tokens[places], 0)
        return batch | {_TOKENS: tokens, _MASK: mask}


def encoded_features(batch: Mapping[str, Tensor]) -> Tensor | None:
    """Return the features (batch, features) that a part's batch holds; None: it has to be encoded.

    Args:
        batch: of a part, without the part's name in its keys.
    """
    return batch.get(_FEATURES)


def encoded_tokens(batch: Mapping[str, Tensor]) -> Encoded | None:
    """Return the features and tokens that a part's batch holds; None: it has to be encoded."""
    if _FEATURES not in batch:
        return None
    return Encoded(batch[_FEATURES], batch[_TOKENS], batch[_MASK])
