"""Image encoders by timm: pretrained, or with random weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import timm
from annotated_types import Ge, Len
from timm.data.config import resolve_model_data_config
from timm.models import load_state_dict

from lfx.modalities.encoder import EncoderBuilder
from lfx.modalities.image.description import check_architecture_args, check_image_description
from lfx.modalities.image.encoder import ImageEncoder, check_architecture, create_backbone
from lfx.modalities.image.modality import ImageModality
from lfx.modalities.modality import Modality
from lfx.modalities.weights import Weights, require_features
from lfx.runtime.checked import checked
from lfx.runtime.errors import WeightsError
from lfx.runtime.settings import Positive

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

Resize = Literal["squash", "crop"]
Channels = Annotated[Sequence[float], Len(3, 3)]


@checked
@dataclass(frozen=True, kw_only=True)
class TimmEncoder(EncoderBuilder):
    """An image encoder by timm.

    Args:
        architecture: timm's name of the architecture.
        architecture_args: Arguments of the architecture beyond timm's defaults.
        image_size: Side of the square image, in pixels.
        resize: squash: the whole image, its aspect lost (the paper). crop: the central square.
        mean: Channel means in 0..1; null: what timm says of the weights.
        std: Channel standard deviations in 0..1; null: what timm says of the weights.
        weights: Where the weights come from.

    Raises:
        ConfigError: settings contradict each other.
    """

    reads: ClassVar[str] = "image"
    modality: ClassVar[type[Modality]] = ImageModality
    architecture: str
    architecture_args: Mapping[str, int] = field(default_factory=dict)
    image_size: Annotated[int, Ge(16)] = 224
    resize: Resize = "squash"
    mean: Channels | None = None
    std: Annotated[Sequence[Positive], Len(3, 3)] | None = None
    weights: Weights = Weights()

    def require_weights(self, started: Collection[str] = ()) -> None:
        """Refuse to train a classifier on random features."""
        del started
        require_features(self.weights, self.trainable)

    def build(self, train: Sequence[Any]) -> ImageEncoder:
        """Build the encoder with its weights; the train split is not needed."""
        del train
        self.require_weights()
        source = self.weights.locate()
        if source is None:
            backbone = create_backbone(self.architecture, self.architecture_args)
        else:
            backbone = _load_backbone(
                self.architecture, self.architecture_args, source, self.weights
            )
        norm = resolve_model_data_config(backbone)  # type: ignore[no-untyped-call]
        return ImageEncoder(
            architecture=self.architecture,
            architecture_args=self.architecture_args,
            image_size=self.image_size,
            resize=self.resize,
            mean=norm["mean"] if self.mean is None else self.mean,
            std=norm["std"] if self.std is None else self.std,
            backbone=backbone,
        )

    @staticmethod
    def restore(description: Mapping[str, Any]) -> ImageEncoder:
        """Build the architecture that a checkpoint describes, with random weights."""
        check_image_description(description)
        return ImageEncoder(**description)


def _load_backbone(
    architecture: str, architecture_args: Mapping[str, Any], source: Path, weights: Weights
) -> nn.Module:
    check_architecture(architecture)
    check_architecture_args(architecture, architecture_args)
    file = _weights_file(source)
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


def _weights_file(source: Path) -> Path:
    if source.is_file():
        return source
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (source / name).is_file():
            return source / name
    raise WeightsError(f"{source} holds neither model.safetensors nor pytorch_model.bin")


def _in_order(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a checkpoint's tensors under the architecture's names, one to one in order."""
    if len(state) != len(wanted):
        raise ValueError(f"it has {len(state)} tensors, the architecture {len(wanted)}")
    renamed = {}
    for (old, tensor), (new, wanted_tensor) in zip(state.items(), wanted.items(), strict=True):
        if tensor.shape != wanted_tensor.shape:
            raise ValueError(
                f"{old} has shape {tuple(tensor.shape)}, {new} {tuple(wanted_tensor.shape)}"
            )
        renamed[new] = tensor
    return renamed
