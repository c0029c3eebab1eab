"""A transformers model and its front end, as an encoder of audio."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from lfx.modalities.audio.description import WHISPER
from lfx.modalities.audio.encoder import AudioEncoder
from lfx.modalities.audio.padding import Padding
from lfx.modalities.audio.pretrained_front_ends import FilterBank, RawWaveform
from lfx.modalities.encoder import Encoded
from lfx.modalities.layers import layer_blocks
from lfx.modalities.pooling import length_mask, masked_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.modalities.audio.pretrained_front_ends import PretrainedFrontEnd


class TransformerNetwork(AudioEncoder):
    """A transformers model that gives one vector a recording.

    That is the mean of the last layer's vectors over the frames of the recording; of the Audio
    Spectrogram Transformer the mean of its two tokens for the whole, as it was trained. A
    recording's features do not depend on what it is padded to.

    Args:
        config: the model's shape; see `audio_shape`.
        front_end: computes what the model reads.
        max_seconds: longest recording.
        backbone: the model, where it is built already; None: built with random weights.
    """

    front_end: PretrainedFrontEnd

    def __init__(
        self,
        *,
        config: Mapping[str, Any],
        front_end: PretrainedFrontEnd,
        max_seconds: float,
        backbone: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.config = dict(config)
        self.front_end = front_end
        self.sampling_rate = front_end.sampling_rate
        self.max_seconds = max_seconds
        model: Any = random_backbone(config) if backbone is None else backbone
        if self.config["model_type"] in WHISPER:
            model.embed_positions = FixedPositions(model.embed_positions.weight)
        self._padding = Padding(model) if isinstance(front_end, RawWaveform) else None
        self.backbone = model
        self.features = int(model.config.hidden_size)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode what the front end makes of recordings to (batch, features)."""
        return self.encode(batch).features

    def encode(self, batch: dict[str, Tensor]) -> Encoded:
        """Encode recordings to (batch, features), and to the last layer's vectors."""
        if isinstance(self.front_end, FilterBank):
            encoded = self.backbone(input_values=batch["spectrogram"])
            tokens = encoded.last_hidden_state
            mask = torch.ones_like(tokens[..., 0], dtype=torch.bool)
            return Encoded(encoded.pooler_output, tokens, mask)
        if isinstance(self.front_end, RawWaveform):
            tokens, counts = self._frames_of_waveforms(batch["waveform"], batch["samples"])
        else:
            tokens = self.backbone(input_features=batch["spectrogram"]).last_hidden_state
            counts = (batch["frames"] + 1) // 2
        mask = length_mask(counts, tokens.shape[1])
        return Encoded(masked_mean(tokens, mask), tokens, mask)

    def _frames_of_waveforms(self, waveforms: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Return vectors (batch, frames, features), and how many of each are no padding."""
        counts = samples
        strides = zip(self.config["conv_kernel"], self.config["conv_stride"], strict=True)
        by_layer = [counts := (counts - kernel) // stride + 1 for kernel, stride in strides]
        if self._padding is not None:
            self._padding.expect(by_layer[0], counts)
        mask = length_mask(samples, waveforms.shape[1]).long()
        with warnings.catch_warnings():
            # WavLM gives torch two masks of different types.
            warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask")
            encoded = self.backbone(input_values=waveforms, attention_mask=mask)
        return encoded.last_hidden_state, counts

    def description(self) -> dict[str, Any]:
        """Return the model's shape, the front end's numbers and the longest recording."""
        return {
            "config": self.config,
            "front_end": asdict(self.front_end),
            "max_seconds": self.max_seconds,
        }

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return convolutions and what else stands before the layers, and each layer."""
        return layer_blocks(self.backbone, before=("feature_extractor", "encoder.pos_conv_embed"))


class FixedPositions(nn.Module):
    """Whisper's sinusoids: looked up, and never trained.

    Args:
        weight: (positions, features).
    """

    weight: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().clone())

    @property
    def num_embeddings(self) -> int:
        """The number of positions."""
        return len(self.weight)

    def forward(self, positions: Tensor) -> Tensor:
        """Return the vectors of some positions."""
        return self.weight[positions]


def random_backbone(shape: Mapping[str, Any]) -> nn.Module:
    """Build a model of a shape with random weights; of Whisper the encoder alone."""
    arguments = {key: value for key, value in shape.items() if key != "model_type"}
    config: Any = AutoConfig.for_model(shape["model_type"], **arguments)
    if shape["model_type"] in WHISPER:
        return WhisperEncoder(config)
    backbone: nn.Module = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    return backbone


def try_network(network: TransformerNetwork) -> None:
    """Encode a short sound: some shapes are built without an error and cannot be computed with."""
    mode = network.training
    network.eval()
    with torch.no_grad():
        features = network(network.front_end([torch.linspace(-1, 1, 2).numpy()]))
    network.train(mode)
    if features.shape != (1, network.features):
        raise ValueError(f"it gives {tuple(features.shape)} instead of (1, {network.features})")
