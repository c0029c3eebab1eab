"""What an encoder of audio is to the modality: how it wants its waveforms, and its front end."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence

from torch import Tensor

from lfx.modalities.audio.waveforms import Waveform
from lfx.modalities.encoder import Encoder

# From the waveforms of a batch, (samples,) float32 each, to what the encoder reads. It works on the
# CPU, in processes that load data, and draws no random numbers.
FrontEnd = Callable[[Sequence[Waveform]], dict[str, Tensor]]


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
