"""A small residual network over log-mel spectrograms, trained from scratch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import torch
from annotated_types import Interval
from torch import Tensor, nn
from torch.nn import functional

from lfx.modalities.audio.encoder import AudioEncoder, AudioEncoderBuilder, SamplingRate, Seconds
from lfx.modalities.audio.log_mel import LogMel
from lfx.modalities.audio.spec_augment import SpecAugment
from lfx.modalities.description import fields_of, require_fields
from lfx.modalities.encoder import Encoded
from lfx.modalities.pooling import length_mask, masked_mean
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Each halves time and bands, after the first layer has halved the bands.
_STAGES = 2


class ConvolutionalNetwork(AudioEncoder):
    """A residual network whose features are its last maps' mean and maximum over time.

    Frames of padding are silenced after each layer, so that a recording's features do not depend on
    what it is batched with. Bands are kept apart to the end: vowels differ by where they are loud.

    Args:
        front_end: computes the spectrograms.
        max_seconds: longest recording.
        width: channels of the first layer; each stage doubles them.
        augmentation: changes spectrograms in training; None: nothing does.
    """

    front_end: LogMel

    def __init__(
        self,
        *,
        front_end: LogMel,
        max_seconds: float,
        width: int,
        augmentation: SpecAugment | None = None,
    ) -> None:
        super().__init__()
        self.front_end = front_end
        self.sampling_rate = front_end.sampling_rate
        self.max_seconds = max_seconds
        self.width = width
        self.augmentation = augmentation
        self.stem = nn.Conv2d(1, width, 5, stride=(2, 1), padding=2, bias=False)
        self.norm = nn.BatchNorm2d(width)
        widths = [width << stage for stage in range(_STAGES + 1)]
        self.stages = nn.ModuleList(map(_Stage, widths[:-1], widths[1:]))
        bands = front_end.bands
        for _ in range(1 + _STAGES):
            bands = _halved(bands)
        self.features = 2 * widths[-1] * bands

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode `levels` (batch, frames, bands) with `frames` (batch,) to (batch, features)."""
        return self.encode(batch).features

    def encode(self, batch: dict[str, Tensor]) -> Encoded:
        """Encode recordings to (batch, features), and to a vector for each fourth frame."""
        levels, counts = batch["levels"], batch["frames"]
        if self.training and self.augmentation is not None:
            levels = self.augmentation(levels, counts)
        maps = functional.relu(self.norm(self.stem(levels.transpose(1, 2).unsqueeze(1))))
        maps = silence_padding(maps, counts)
        for stage in self.stages:
            counts = _halved(counts)
            maps = stage(maps, counts)
        tokens = maps.flatten(1, 2).transpose(1, 2)
        mask = length_mask(counts, tokens.shape[1])
        # After a ReLU nothing is below the padding's zeros.
        features = torch.cat([masked_mean(tokens, mask), tokens.amax(dim=1)], dim=1)
        return Encoded(features, tokens, mask)

    @property
    def token_features(self) -> int:
        """Width of the vectors of frames."""
        return self.features // 2

    def description(self) -> dict[str, Any]:
        """Return the front end's numbers, the longest recording and the width."""
        return {**asdict(self.front_end), "max_seconds": self.max_seconds, "width": self.width}

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return the first layer and the stages."""
        first = [*self.stem.parameters(), *self.norm.parameters()]
        return [first, *(list(stage.parameters()) for stage in self.stages)]


class _Stage(nn.Module):
    """Two convolutions and a shortcut; halves bands and frames."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.shortcut = nn.Conv2d(before, after, 1, stride=2, bias=False)
        self.shortcut_norm = nn.BatchNorm2d(after)

    def forward(self, maps: Tensor, counts: Tensor) -> Tensor:
        """Compute the next maps.

        Args:
            maps: (batch, before, bands, frames), 0 in padding.
            counts: (batch,) frames of the result that are no padding.

        Returns:
            (batch, after, bands / 2, frames / 2), both rounded up, 0 in padding.
        """
        inner = functional.relu(self.first_norm(self.first(maps)))
        inner = self.second_norm(self.second(silence_padding(inner, counts)))
        outer = functional.relu(inner + self.shortcut_norm(self.shortcut(maps)))
        return silence_padding(outer, counts)


def silence_padding(maps: Tensor, counts: Tensor) -> Tensor:
    """Return maps (batch, channels, bands, frames) with 0 in frames from `counts` (batch,) on."""
    return maps * length_mask(counts, maps.shape[3])[:, None, None].to(maps.dtype)


def _halved(count: Any) -> Any:
    """Return how many frames or bands are left after a stride of two."""
    return (count + 1) // 2


@checked
@dataclass(frozen=True, kw_only=True)
class ConvolutionalEncoder(AudioEncoderBuilder):
    """A small residual network over log-mel spectrograms, trained from scratch.

    Args:
        sampling_rate: Sampling rate that recordings are read at, in hertz.
        max_seconds: Longest recording in seconds; what goes beyond is cut off.
        window: Length of a spectrogram's frame, in seconds.
        hop: From one frame to the next, in seconds.
        bands: Number of mel bands.
        lowest: Where the first band begins, in hertz; the last ends at half the sampling rate.
        dynamic_range: Levels below a recording's loudest that are told apart, in decibels.
        width: Channels of the first layer; each of the two stages doubles them.
        augmentation: Random changes of the training spectrograms.

    Raises:
        ConfigError: settings contradict each other.
    """

    sampling_rate: SamplingRate = 16_000
    max_seconds: Seconds = 10.0
    window: Annotated[float, Interval(ge=0.001, le=1)] = 0.025
    hop: Annotated[float, Interval(ge=0.001, le=1)] = 0.01
    bands: Annotated[int, Interval(ge=8, le=512)] = 40
    lowest: Annotated[float, Interval(ge=0, le=20_000)] = 50.0
    dynamic_range: Annotated[float, Interval(ge=1, le=120)] = 50.0
    width: Annotated[int, Interval(ge=1, le=1024)] = 16
    augmentation: SpecAugment = SpecAugment()

    def __post_init__(self) -> None:
        """Refuse a frozen encoder with random weights, and bands beyond what can be recorded."""
        problems = []
        if self.trainable == "nothing":
            problems.append(
                "encoder.trainable=nothing would train a classifier on random features; allowed: "
                "everything, last_blocks"
            )
        if self.lowest >= self.sampling_rate / 2:
            problems.append(
                f"encoder.lowest={self.lowest:g}: the bands end at {self.sampling_rate / 2:g} Hz, "
                f"half of encoder.sampling_rate={self.sampling_rate}"
            )
        if problems:
            raise ConfigError("\n".join(problems))

    def build(self, train: Sequence[Any]) -> ConvolutionalNetwork:
        """Build the encoder with random weights; the train split is not needed."""
        del train
        front_end = LogMel(
            sampling_rate=self.sampling_rate,
            window=float(self.window),
            hop=float(self.hop),
            bands=self.bands,
            lowest=float(self.lowest),
            dynamic_range=float(self.dynamic_range),
        )
        return ConvolutionalNetwork(
            front_end=front_end,
            max_seconds=float(self.max_seconds),
            width=self.width,
            augmentation=self.augmentation,
        )

    @staticmethod
    def restore(description: Mapping[str, Any]) -> ConvolutionalNetwork:
        """Build the architecture that a checkpoint describes, with random weights."""
        require_fields(description, fields_of(ConvolutionalEncoder, *_DESCRIBED))
        try:
            return ConvolutionalEncoder(**description).build([])
        except ConfigError as error:
            raise WeightsError(f"the encoder's description is wrong: {error}") from error


_DESCRIBED = (
    *("sampling_rate", "max_seconds", "window", "hop", "bands", "lowest", "dynamic_range"),
    "width",
)
