"""What an encoder of audio is to the modality: how it wants its waveforms, and its front end."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval
from torch import Tensor

from lfx.modalities.audio.modality import AudioModality
from lfx.modalities.audio.waveforms import Waveform
from lfx.modalities.encoder import Encoder, EncoderBuilder
from lfx.modalities.modality import Modality

# From the waveforms of a batch, (samples,) float32 each, to what the encoder reads. It works on the
# CPU, in processes that load data, and draws no random numbers.
FrontEnd = Callable[[Sequence[Waveform]], dict[str, Tensor]]

SamplingRate = Annotated[int, Interval(ge=1_000, le=192_000)]
# Recordings are checked as far as `waveforms.MOST_SECONDS`.
Seconds = Annotated[float, Interval(ge=0.1, le=300)]


class AudioEncoder(Encoder, ABC):
    """An encoder of waveforms.

    Attributes:
        sampling_rate: of the waveforms that it reads, in hertz.
        max_seconds: longest recording; what goes beyond is cut off.
        front_end: turns a batch's waveforms into tensors.
    """

    sampling_rate: int
    max_seconds: float
    front_end: FrontEnd


@dataclass(frozen=True, kw_only=True)
class AudioEncoderBuilder(EncoderBuilder, ABC):
    """The settings that all encoders of audio have.

    Args:
        max_seconds: Longest recording in seconds; what goes beyond is cut off.
    """

    reads: ClassVar[str] = "audio"
    modality: ClassVar[type[Modality]] = AudioModality
    max_seconds: Seconds = 10.0
