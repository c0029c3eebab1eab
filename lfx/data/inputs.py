"""What encoders read, from the positions of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from lfx.data.batches import NO_EPOCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from lfx.data.augmentation import Augmentation, TokenDrop


class ImageInputs:
    """Reads a batch of images from the cache.

    Args:
        images: (all samples, size, size, 3) uint8, mapped from a file.
        rows: (samples,) which of them are meant.
        augmentation: changes training images; None: none.
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        rows: Sequence[int],
        augmentation: Augmentation | None = None,
    ) -> None:
        self.images = images
        self.rows = np.asarray(rows)
        self.augmentation = augmentation

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Give `image` (views * batch, 3, size, size) uint8, with the channels last in memory."""
        rows = np.tile(self.rows[positions], views)
        batch = torch.from_numpy(np.ascontiguousarray(self.images[rows])).permute(0, 3, 1, 2)
        if self.augmentation is not None and epoch != NO_EPOCH:
            for place, row in enumerate(rows.tolist()):
                view = place // len(positions)
                batch[place] = self.augmentation(batch[place], epoch, row, view)
        return {"image": batch}


class TokenInputs:
    """Pads a batch of tokenised texts to the longest of them.

    Args:
        tokens: (samples,) token ids of each text.
        padding: the id of the padding token.
        rows: (samples,) each text's position in the data.
        augmentation: drops tokens of training texts; None: none.
    """

    def __init__(
        self,
        tokens: Sequence[Sequence[int]],
        padding: int,
        rows: Sequence[int],
        augmentation: TokenDrop | None = None,
    ) -> None:
        self.tokens = [np.asarray(ids, dtype=np.int64) for ids in tokens]
        self.padding = padding
        self.rows = rows
        self.augmentation = augmentation

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Give `input_ids` and `attention_mask`, both (views * batch, longest) int64."""
        texts = [self.tokens[position] for position in positions] * views
        if self.augmentation is not None and epoch != NO_EPOCH:
            for place, ids in enumerate(texts):
                view, at = divmod(place, len(positions))
                texts[place] = self.augmentation(ids, epoch, self.rows[positions[at]], view)
        longest = max(len(ids) for ids in texts)
        padded = np.full((len(texts), longest), self.padding, dtype=np.int64)
        mask = np.zeros((len(texts), longest), dtype=np.int64)
        for place, ids in enumerate(texts):
            padded[place, : len(ids)] = ids
            mask[place, : len(ids)] = 1
        return {"input_ids": torch.from_numpy(padded), "attention_mask": torch.from_numpy(mask)}


class EmbeddingInputs:
    """Reads a batch of embeddings that a frozen encoder has computed.

    Args:
        embeddings: (encoded views, samples, features) float32; epoch e reads view e modulo their
            number.
    """

    def __init__(self, embeddings: Tensor) -> None:
        self.embeddings = embeddings

    def __call__(self, positions: list[int], epoch: int, _views: int = 1) -> dict[str, Tensor]:
        """Give `embedding` (batch, features) float32."""
        view = 0 if epoch == NO_EPOCH else epoch % len(self.embeddings)
        return {"embedding": self.embeddings[view, positions]}
