"""Image encoders by timm."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import timm
import torch
from timm.data.config import resolve_model_data_config
from timm.models import group_parameters, load_state_dict
from torch import Tensor, nn

from lfx.encoders.depthwise import FullPrecisionDepthwise
from lfx.encoders.described import check_architecture_args
from lfx.encoders.encoder import Encoder
from lfx.runtime.errors import ConfigError, WeightsError, in_one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.encoders.weights import WeightsOrigin


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
        pixels = (batch["image"].to(self.mean.dtype) - self.mean) / self.std
        with FullPrecisionDepthwise():
            features: Tensor = self.backbone(pixels)
        return features

    def description(self) -> dict[str, Any]:
        """Give the constructor's plain arguments."""
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
        """Give stem, stages and final layers, as timm groups them."""
        backbone: Any = self.backbone
        names = group_parameters(backbone, backbone.group_matcher(coarse=True))
        parameters = dict(backbone.named_parameters())
        return [[parameters[name] for name in names[place]] for place in sorted(names)]


def build_image_encoder(
    *,
    architecture: str,
    architecture_args: Mapping[str, Any],
    image_size: int,
    resize: str,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    weights: WeightsOrigin,
) -> ImageEncoder:
    """Build an image encoder with its weights.

    Args:
        architecture: timm's name of it.
        architecture_args: arguments beyond timm's defaults.
        image_size: side of the square image, in pixels.
        resize: `squash` or `crop`.
        mean: (3,) channel means in 0..1; None: what timm says of the architecture.
        std: (3,) channel standard deviations in 0..1; None: likewise.
        weights: where the weights come from.

    Raises:
        ConfigError: timm has no such architecture.
        WeightsError: the weights cannot be found or do not fit.
    """
    found = weights.locate()
    if found is None:
        backbone = create_backbone(architecture, architecture_args)
    else:
        backbone = _load_backbone(architecture, architecture_args, found, weights)
    norm = resolve_model_data_config(backbone)  # type: ignore[no-untyped-call]
    return ImageEncoder(
        architecture=architecture,
        architecture_args=architecture_args,
        image_size=image_size,
        resize=resize,
        mean=norm["mean"] if mean is None else mean,
        std=norm["std"] if std is None else std,
        backbone=backbone,
    )


def create_backbone(
    architecture: str, architecture_args: Mapping[str, Any], num_classes: int = 0
) -> nn.Module:
    """Build a timm model with random weights.

    Raises:
        ConfigError: timm has no such architecture, or it does not take the arguments.
    """
    _check_architecture(architecture)
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


def _check_architecture(architecture: str) -> None:
    # With a colon timm takes a name for a folder or a repository, whose code's arguments it reads.
    if ":" in architecture or not timm.is_model(architecture):
        near = get_close_matches(architecture, timm.list_models(), n=5)
        raise ConfigError(
            f"encoder.architecture={architecture}: timm has no such model"
            + (f"; near: {', '.join(near)}" if near else "")
        )


def _load_backbone(
    architecture: str, architecture_args: Mapping[str, Any], found: Path, weights: WeightsOrigin
) -> nn.Module:
    _check_architecture(architecture)
    check_architecture_args(architecture, architecture_args)
    file = _weights_file(found)
    model: Any
    try:
        if weights.match == "names":
            model = timm.create_model(
                architecture,
                pretrained=True,
                pretrained_cfg_overlay={"file": str(file), "num_classes": weights.num_classes},
                num_classes=weights.num_classes,
                **architecture_args,
            )
        else:
            model = create_backbone(architecture, architecture_args, weights.num_classes)
            state = load_state_dict(str(file), use_ema=False, weights_only=True)
            model.load_state_dict(_in_order(state, model.state_dict()))
    except Exception as error:  # each file format, and each way of being damaged, has its own
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise WeightsError(f"{file} does not fit timm's {architecture}: {reason}") from error
    model.reset_classifier(0)
    loaded: nn.Module = model
    return loaded


def _weights_file(found: Path) -> Path:
    if found.is_file():
        return found
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (found / name).is_file():
            return found / name
    raise WeightsError(f"{found} holds neither model.safetensors nor pytorch_model.bin")


def _in_order(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give a checkpoint's tensors the architecture's names, one to one in order."""
    if len(state) != len(wanted):
        raise ValueError(f"it has {len(state)} tensors, the architecture {len(wanted)}")
    renamed = {}
    for (old, tensor), (new, place) in zip(state.items(), wanted.items(), strict=True):
        if tensor.shape != place.shape:
            raise ValueError(f"{old} has shape {tuple(tensor.shape)}, {new} {tuple(place.shape)}")
        renamed[new] = tensor
    return renamed


def _width(backbone: nn.Module, architecture: str, image_size: int) -> int:
    """Look at what comes out: `num_features` is not the width for every architecture."""
    mode = backbone.training
    backbone.eval()
    try:
        with torch.no_grad():
            features = backbone(torch.zeros(1, 3, image_size, image_size))
    except Exception as error:  # each architecture has its own
        raise ConfigError(
            f"encoder.image_size={image_size}: {architecture} reads no images of this size: "
            f"{in_one_line(error)}"
        ) from error
    backbone.train(mode)
    if not isinstance(features, Tensor) or features.ndim != 2:  # noqa: PLR2004
        form = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise ConfigError(
            f"encoder.architecture={architecture} gives {form} for an image, and not one vector; "
            "for example: resnet18, efficientnet_lite0, vit_tiny_patch16_224"
        )
    return int(features.shape[-1])
