"""Random changes of training samples: images by torchvision's v2 transforms, texts by token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import v2

if TYPE_CHECKING:
    import numpy.typing as npt

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

    def __call__(self, image: Tensor, epoch: int, sample: int, view: int = 0) -> Tensor:
        """Change one image.

        Args:
            image: (3, height, width) uint8.
            epoch: counted from 0.
            sample: the sample's position in the data.
            view: which of several views of the sample this is.

        Returns:
            (3, height, width) uint8.
        """
        if self.transform is None:
            return image
        with torch.random.fork_rng(devices=[]):
            # A first view is what a sample without further views would be.
            drawn_by = (self.seed, epoch, sample, *([view] if view else []))
            torch.manual_seed(hash(drawn_by) & 0x7FFF_FFFF_FFFF_FFFF)
            changed: Tensor = self.transform(image)
        return changed


class TokenDrop:
    """Drops tokens of one text at random; the first and the last, which frame it, stay.

    What is drawn depends on seed, epoch, sample and view alone.

    Args:
        token_drop: probability with which each token goes, 0..1 (below 1). One always stays.
        seed: of what is drawn.
    """

    def __init__(self, *, token_drop: float, seed: int) -> None:
        self.token_drop = token_drop
        self.seed = seed

    def __call__(
        self, tokens: npt.NDArray[np.int64], epoch: int, sample: int, view: int = 0
    ) -> npt.NDArray[np.int64]:
        """Change one text.

        Args:
            tokens: (tokens,) ids.
            epoch: counted from 0.
            sample: the sample's position in the data.
            view: which of several views of the sample this is.

        Returns:
            (at most tokens,) ids.
        """
        inner = len(tokens) - 2
        if self.token_drop == 0 or inner < 2:  # noqa: PLR2004, nothing to choose from
            return tokens
        chance = np.random.default_rng([self.seed, epoch, sample, view])
        kept = np.ones(len(tokens), dtype=bool)
        kept[1:-1] = chance.random(inner) >= self.token_drop
        kept[1 + chance.integers(inner)] = True
        return tokens[kept]
