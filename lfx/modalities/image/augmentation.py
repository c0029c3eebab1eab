"""Random changes of training images, by torchvision's v2 transforms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import torch
from annotated_types import Interval
from torch import Tensor
from torchvision.transforms import v2

from lfx.runtime.checked import checked
from lfx.runtime.settings import Probability, Share

_GREY = 128


@checked
@dataclass(frozen=True, kw_only=True)
class ImageAugmentation:
    """Flip, rotation, translation and zoom of one image (the paper, section IV.A).

    What is drawn depends on seed, epoch, sample and view alone: not on the order of the samples, on
    the number of worker processes, or on what else uses random numbers.

    Args:
        flip: Probability of a horizontal flip.
        rotation: Largest rotation, in degrees either way.
        translation: Largest shift, as a share of the side.
        zoom: Largest zoom in or out, as a share; at 1 an image could shrink to nothing.
    """

    flip: Share = 0.5
    rotation: Annotated[float, Interval(ge=0, le=180)] = 10.0
    translation: Share = 0.1
    zoom: Probability = 0.1

    @property
    def changes(self) -> bool:
        """Whether any image is changed."""
        return self._transform is not None

    @cached_property
    def _transform(self) -> v2.Transform | None:
        steps: list[v2.Transform] = []
        if self.flip > 0:
            steps.append(v2.RandomHorizontalFlip(self.flip))
        if self.rotation > 0 or self.translation > 0 or self.zoom > 0:
            steps.append(
                v2.RandomAffine(
                    degrees=self.rotation,
                    translate=(self.translation, self.translation),
                    scale=(1 - self.zoom, 1 + self.zoom),
                    interpolation=v2.InterpolationMode.BILINEAR,
                    fill=_GREY,
                )
            )
        return v2.Compose(steps) if steps else None

    def __call__(self, image: Tensor, seed: int, epoch: int, sample: int, view: int = 0) -> Tensor:
        """Return a changed image.

        Args:
            image: (3, height, width) uint8.
            seed: of what is drawn.
            epoch: counted from 0.
            sample: the sample's position in the data.
            view: which of several views of the sample this is.

        Returns:
            (3, height, width) uint8.
        """
        if self._transform is None:
            return image
        with torch.random.fork_rng(devices=[]):
            # A first view is what a sample without further views would be.
            drawn_by = (seed, epoch, sample, *([view] if view else []))
            torch.manual_seed(hash(drawn_by) & 0x7FFF_FFFF_FFFF_FFFF)
            changed: Tensor = self._transform(image)
        return changed
