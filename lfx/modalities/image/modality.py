"""Images: read from files, decoded once into a cache, and augmented while a model is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from lfx.data.images import cached_images
from lfx.modalities.image.augmentation import ImageAugmentation
from lfx.modalities.modality import NO_EPOCH, Inputs, Modality
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from lfx.data.samples import SampleTable
    from lfx.modalities.image.encoder import ImageEncoder


@checked
class ImageModality(Modality):
    """Images.

    Args:
        augmentation: Random changes of the training images.
    """

    reads = "image"

    def __init__(self, augmentation: ImageAugmentation = ImageAugmentation()) -> None:
        self.augmentation = augmentation

    def content(self, table: SampleTable, rows: Sequence[int]) -> list[Path]:
        """Return the images' files."""
        return [table.images[row] for row in rows]

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: ImageEncoder,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Read images from the cache; the first run decodes them into it."""
        images = cached_images(
            table.images,
            table.digests,
            encoder.image_size,
            encoder.resize,
            cache_dir,
            table.decoding,
        )
        collate = ImageCollate(images, rows, self.augmentation, seed)
        return Inputs(collate, [1] * len(rows))


class ImageCollate:
    """Reads a batch of images from the cache.

    Args:
        images: (all samples, size, size, 3) uint8, mapped from a file.
        rows: (samples,) which of them are meant.
        augmentation: changes training images.
        seed: of the augmentation; None: none.
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        rows: Sequence[int],
        augmentation: ImageAugmentation,
        seed: int | None = None,
    ) -> None:
        self.images = images
        self.rows = np.asarray(rows)
        self.augmentation = augmentation
        self.seed = seed

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return `image` (views * batch, 3, size, size) uint8, with the channels last in memory."""
        rows = np.tile(self.rows[positions], views)
        batch = torch.from_numpy(np.ascontiguousarray(self.images[rows])).permute(0, 3, 1, 2)
        if self.seed is not None and epoch != NO_EPOCH:
            for index, row in enumerate(rows.tolist()):
                drawn_by = (self.seed, epoch, row, index // len(positions))
                batch[index] = self.augmentation(batch[index], *drawn_by)
        return {"image": batch}
