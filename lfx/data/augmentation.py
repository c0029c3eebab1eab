"""Random changes of training images, by torchvision's v2 transforms."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms import v2

_GREY = 128


class Augmentation:
    """Flip, rotation, translation and zoom of one image (the paper, section IV.A).

    What is drawn depends on seed, epoch and sample alone: not on the order of the samples, on the
    number of worker processes, or on what else uses random numbers.

    Args:
        flip: probability of a horizontal flip.
        rotation: largest rotation, in degrees either way.
        translation: largest shift, as a share of the side.
        zoom: largest zoom in or out, as a share.
        seed: of what is drawn.
    """

    def __init__(
        self, *, flip: float, rotation: float, translation: float, zoom: float, seed: int
    ) -> None:
        self.seed = seed
        steps: list[v2.Transform] = []
        if flip > 0:
            steps.append(v2.RandomHorizontalFlip(flip))
        if rotation > 0 or translation > 0 or zoom > 0:
            steps.append(
                v2.RandomAffine(
                    degrees=rotation,
                    translate=(translation, translation),
                    scale=(1 - zoom, 1 + zoom),
                    interpolation=v2.InterpolationMode.BILINEAR,
                    fill=_GREY,
                )
            )
        self.transform = v2.Compose(steps) if steps else None

    def __call__(self, image: Tensor, epoch: int, sample: int) -> Tensor:
        """Change one image.

        Args:
            image: (3, height, width) uint8.
            epoch: counted from 0.
            sample: the sample's position in the data.

        Returns:
            (3, height, width) uint8.
        """
        if self.transform is None:
            return image
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(hash((self.seed, epoch, sample)) & 0x7FFF_FFFF_FFFF_FFFF)
            changed: Tensor = self.transform(image)
        return changed
