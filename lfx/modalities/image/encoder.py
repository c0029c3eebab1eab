"""A timm model without its classifier, as an encoder of images."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

import timm
import torch
from timm.models import group_parameters
from torch import Tensor, nn

from lfx.modalities.encoder import Encoded, Encoder
from lfx.modalities.image.depthwise import FullPrecisionDepthwise
from lfx.modalities.image.description import check_architecture_args
from lfx.runtime.errors import ConfigError, in_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class ImageEncoder(Encoder):
    """A timm model without its classifier, which takes raw pixels.

    Args:
        architecture: timm's name of it.
        architecture_args: arguments beyond timm's defaults.
        image_size: side of the square image, in pixels.
        resize: how images became square: `squash` or `crop`.
        mean: (3,) channel means in 0..1.
        std: (3,) channel standard deviations in 0..1.
        backbone: the model, where it is built already; None: built with random weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        architecture: str,
        architecture_args: Mapping[str, Any],
        image_size: int,
        resize: str,
        mean: Sequence[float],
        std: Sequence[float],
        backbone: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.architecture_args = dict(architecture_args)
        self.image_size = image_size
        self.resize = resize
        if backbone is None:
            backbone = create_backbone(architecture, architecture_args)
        self.backbone = backbone
        self.backbone.to(memory_format=torch.channels_last)
        for name, values in (("mean", mean), ("std", std)):
            # Folded with the division by 255, so that normalising reads the pixels once.
            pixels = 255 * torch.tensor(list(values)).view(1, 3, 1, 1)
            self.register_buffer(name, pixels, persistent=False)
        self._norm = (list(mean), list(std))
        self.features = _width(self.backbone, architecture, image_size)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode `image` (batch, 3, image_size, image_size) uint8 to (batch, features)."""
        with FullPrecisionDepthwise():
            features: Tensor = self.backbone(self._normalised(batch))
        return features

    def encode(self, batch: dict[str, Tensor]) -> Encoded:
        """Encode images to (batch, features), and to a vector for each patch.

        Patches are the places of the last feature map, or a vision transformer's tokens.
        """
        backbone: Any = self.backbone
        with FullPrecisionDepthwise():
            maps = backbone.forward_features(self._normalised(batch))
            if not isinstance(maps, Tensor):  # several maps: no such patches
                return super().encode(batch)
            features: Tensor = backbone.forward_head(maps)
        tokens = patches_of(maps, getattr(backbone, "num_features", None))
        return Encoded(features, tokens, torch.ones_like(tokens[:, :, 0], dtype=torch.bool))

    @cached_property
    def token_features(self) -> int:
        """Width of the vectors of patches."""
        with _evaluated(self), torch.no_grad():
            blank = torch.zeros(1, 3, self.image_size, self.image_size, device=self.mean.device)
            return int(self.encode({"image": blank}).tokens.shape[-1])

    def _normalised(self, batch: dict[str, Tensor]) -> Tensor:
        return (batch["image"].to(self.mean.dtype) - self.mean) / self.std

    def description(self) -> dict[str, Any]:
        """Return the constructor's plain arguments."""
        mean, std = self._norm
        return {
            "architecture": self.architecture,
            "architecture_args": self.architecture_args,
            "image_size": self.image_size,
            "resize": self.resize,
            "mean": mean,
            "std": std,
        }

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return stem, stages and final layers, as timm groups them."""
        backbone: Any = self.backbone
        names = group_parameters(backbone, backbone.group_matcher(coarse=True))
        parameters = dict(backbone.named_parameters())
        return [[parameters[name] for name in names[group]] for group in sorted(names)]


def patches_of(maps: Tensor, channels: int | None) -> Tensor:
    """Return a vector for each patch of what timm calls a model's features.

    Args:
        maps: (batch, channels, height, width), (batch, height, width, channels) or (batch, patches,
            channels).
        channels: how many a model says that there are; None: it does not say.

    Returns:
        (batch, patches, channels).

    Example:
        >>> [patches_of(torch.zeros(2, *size), 8).shape[1:] for size in ((8, 5, 4), (5, 4, 8))]
        [torch.Size([20, 8]), torch.Size([20, 8])]
    """
    if maps.ndim == 3:  # noqa: PLR2004
        return maps
    has_channels_last = channels in maps.shape[-1:] and channels not in maps.shape[1:2]
    return maps.flatten(1, 2) if has_channels_last else maps.flatten(2).transpose(1, 2)


def create_backbone(
    architecture: str, architecture_args: Mapping[str, Any], num_classes: int = 0
) -> nn.Module:
    """Build a timm model with random weights.

    Raises:
        ConfigError: timm has no such architecture, or it does not take the arguments.
    """
    check_architecture(architecture)
    check_architecture_args(architecture, architecture_args)
    try:
        model: nn.Module = timm.create_model(
            architecture, pretrained=False, num_classes=num_classes, **architecture_args
        )
    except Exception as error:  # each architecture has its own
        raise ConfigError(
            f"encoder.architecture_args: {architecture} cannot be built with "
            f"{dict(architecture_args)}: {in_one_line(error)}"
        ) from error
    return model


def check_architecture(architecture: str) -> None:
    """Refuse what is not a name of timm's.

    Raises:
        ConfigError: timm has no such architecture.
    """
    # With a colon timm takes a name for a folder or a repository, whose code's arguments it reads.
    if ":" in architecture or not timm.is_model(architecture):
        near = get_close_matches(architecture, timm.list_models(), n=5)
        raise ConfigError(
            f"encoder.architecture={architecture}: timm has no such model"
            + (f"; near: {', '.join(near)}" if near else "")
        )


def _width(backbone: nn.Module, architecture: str, image_size: int) -> int:
    """Look at what comes out: `num_features` is not the width for every architecture."""
    try:
        with _evaluated(backbone), torch.no_grad():
            features = backbone(torch.zeros(1, 3, image_size, image_size))
    except Exception as error:  # each architecture has its own
        raise ConfigError(
            f"encoder.image_size={image_size}: {architecture} reads no images of this size: "
            f"{in_one_line(error)}"
        ) from error
    if not isinstance(features, Tensor) or features.ndim != 2:  # noqa: PLR2004
        form = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise ConfigError(
            f"encoder.architecture={architecture} gives {form} for an image, and not one vector; "
            "for example: resnet18, efficientnet_lite0, vit_tiny_patch16_224"
        )
    return int(features.shape[-1])


@contextmanager
def _evaluated(module: nn.Module) -> Iterator[None]:
    """Put a module in evaluation mode, and back into the mode that it had."""
    mode = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(mode)
