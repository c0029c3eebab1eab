"""Encoders of audio by transformers, pretrained."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.modalities.audio.description import (
    audio_shape,
    check_audio_description,
    require_fit,
)
from lfx.modalities.audio.encoder import AudioEncoderBuilder, Seconds
from lfx.modalities.audio.extractor_settings import read_front_end
from lfx.modalities.audio.pretrained_front_ends import WhisperSpectrogram
from lfx.modalities.audio.transformer import TransformerNetwork, random_backbone, try_network
from lfx.modalities.transformers_folder import load_from_folder
from lfx.modalities.weights import Weights
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, WeightsError, in_one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn


@checked
@dataclass(frozen=True, kw_only=True)
class TransformersAudioEncoder(AudioEncoderBuilder):
    """A pretrained encoder of audio by transformers.

    It reads waveforms (wav2vec2, hubert, wavlm and others), filter banks
    (audio-spectrogram-transformer), or Whisper's spectrograms.

    Args:
        max_seconds: Longest recording in seconds; what goes beyond is cut off. Whisper's positions
            beyond it are taken away, so that short recordings take less time.
        weights: Where the weights come from.

    Raises:
        ConfigError: there are no weights.
    """

    max_seconds: Seconds = 10.0
    weights: Weights = Weights()

    def __post_init__(self) -> None:
        """Refuse random weights."""
        if self.weights.source == "none":
            raise ConfigError(
                "encoder.weights.source=none: these encoders are pretrained; allowed: hub, path, "
                "package. encoder=tiny_audio is trained from scratch"
            )

    def build(self, train: Sequence[Any]) -> TransformerNetwork:
        """Build the encoder with its weights; the train split is not needed."""
        del train
        folder = self.weights.locate()
        return _load(Path(str(folder)), float(self.max_seconds))

    @staticmethod
    def restore(description: Mapping[str, Any]) -> TransformerNetwork:
        """Build the architecture that a checkpoint describes, with random weights."""
        front_end = check_audio_description(description)
        network = TransformerNetwork(
            config=audio_shape(description["config"]),
            front_end=front_end,
            max_seconds=description["max_seconds"],
        )
        if not any(parameter.is_meta for parameter in network.parameters()):
            try_network(network)
        return network


def _load(folder: Path, max_seconds: float) -> TransformerNetwork:
    model: Any = load_from_folder(folder, audio_shape, "encoder of audio", unneeded=("decoder.",))
    shape = audio_shape(model.config.to_dict())
    try:
        front_end = read_front_end(folder, shape)
        require_fit(front_end, shape)
        if isinstance(front_end, WhisperSpectrogram):
            frames = _even(max_seconds * front_end.sampling_rate / front_end.hop)
            front_end = replace(front_end, frames=min(front_end.frames, frames))
            shape["max_source_positions"] = front_end.frames // 2
            model = _shortened(model.encoder, shape)
        network = TransformerNetwork(
            config=shape, front_end=front_end, max_seconds=max_seconds, backbone=model
        )
        try_network(network)
    except WeightsError as error:
        raise WeightsError(f"{folder}: {error}") from error
    except Exception as error:  # each architecture has its own
        raise WeightsError(f"{folder} encodes no audio: {in_one_line(error)}") from error
    return network


def _shortened(encoder: Any, shape: Mapping[str, Any]) -> nn.Module:
    """Return Whisper's encoder with fewer positions."""
    shorter: Any = random_backbone(shape)
    weights = encoder.state_dict()
    name = "embed_positions.weight"
    weights[name] = weights[name][: shape["max_source_positions"]]
    shorter.load_state_dict(weights)
    return shorter  # type: ignore[no-any-return]


def _even(frames: float) -> int:
    """Return the next even number of frames, of which a position takes two."""
    return 2 * max(1, math.ceil(frames / 2))
