"""Images: read from files, decoded once into a cache, and augmented while a model is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lfx.data.column import FileColumn
from lfx.data.decoding import DEFAULT
from lfx.modalities.image.augmentation import ImageAugmentation
from lfx.modalities.image.facts import image_facts, is_image
from lfx.modalities.image.files import cached_images, inspect_images
from lfx.modalities.image.warnings import log_image_warnings
from lfx.modalities.modality import NO_EPOCH, Inputs, Modality
from lfx.runtime.checked import checked
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from lfx.data.column import Column
    from lfx.data.samples import SampleTable
    from lfx.modalities.facts import Facts
    from lfx.modalities.image.encoder import ImageEncoder

# Files of a column of another name that are looked at.
_LOOKED_AT = 16


@checked
class ImageModality(Modality):
    """Images.

    Args:
        column: The column that holds them.
        augmentation: Random changes of the training images.
    """

    reads = "image"
    kinds = (FileColumn,)

    def __init__(
        self, column: str = "image", augmentation: ImageAugmentation = ImageAugmentation()
    ) -> None:
        super().__init__(column)
        self.augmentation = augmentation

    @property
    def augments(self) -> bool:
        """Whether training images are changed at random."""
        return self.augmentation.changes

    @classmethod
    def recognises(cls, name: str, column: Column) -> bool:
        """Return whether a column is called image, or any of its first files is one."""
        return isinstance(column, FileColumn) and (
            name == cls.reads
            or any(is_image(content, DEFAULT) for content in column.first(_LOOKED_AT))
        )

    def facts(self, table: SampleTable, rows: Sequence[int], cache_dir: Path) -> Facts:
        """Return sizes, modes and formats."""
        del cache_dir
        return image_facts(self.read(table), rows, table.decoding)

    def content(self, table: SampleTable, rows: Sequence[int]) -> Sequence[Any]:
        """Return the images' files, or what a table holds of them."""
        return [self.read(table).contents[row] for row in rows]

    def problems_of(
        self, table: SampleTable, rows: Sequence[int], cache_dir: Path
    ) -> dict[int, str]:
        """Decode every image once; later runs read the result."""
        problems = super().problems_of(table, rows, cache_dir)
        column: FileColumn = self.read(table)
        rows = [row for row in rows if row not in problems]
        files = column.files(rows, cache_dir)
        inspections = inspect_images(files, cache_dir, table.decoding)
        log_image_warnings([table.ids[row] for row in rows], inspections, table.decoding)
        for row, file, inspection in zip(rows, files, inspections, strict=True):
            if inspection.problem is not None:
                where = "in its cell" if column.is_embedded(row) else shorten(file.name)
                problems[row] = f"{inspection.problem} ({where})"
        return problems

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: ImageEncoder,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Read images from the cache; the first run decodes them into it."""
        column: FileColumn = self.read(table)
        digests = column.digests(cache_dir)
        # All images that can be read, so that train, validation and test share one cache.
        readable = [row for row, digest in enumerate(digests) if digest is not None]
        images = cached_images(
            column.files(readable, cache_dir),
            [str(digests[row]) for row in readable],
            encoder.image_size,
            encoder.resize,
            cache_dir,
            table.decoding,
        )
        places = np.searchsorted(readable, rows)
        collate = ImageCollate(images, places, rows, self.augmentation, seed)
        return Inputs(collate, [1] * len(rows))


class ImageCollate:
    """Reads a batch of images from the cache.

    Args:
        images: (all images, size, size, 3) uint8, mapped from a file.
        places: (samples,) which of them are meant.
        rows: (samples,) each one's position in the data.
        augmentation: changes training images.
        seed: of the augmentation; None: none.
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        places: Sequence[int] | npt.NDArray[np.int64],
        rows: Sequence[int],
        augmentation: ImageAugmentation,
        seed: int | None = None,
    ) -> None:
        self.images = images
        self.places = np.asarray(places)
        self.rows = np.asarray(rows)
        self.augmentation = augmentation
        self.seed = seed

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return `image` (views * batch, 3, size, size) uint8, with the channels last in memory."""
        pixels = np.ascontiguousarray(self.images[np.tile(self.places[positions], views)])
        batch = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        if self.seed is not None and epoch != NO_EPOCH:
            for index, row in enumerate(np.tile(self.rows[positions], views).tolist()):
                drawn_by = (self.seed, epoch, row, index // len(positions))
                batch[index] = self.augmentation(batch[index], *drawn_by)
        return {"image": batch}
