"""The front end of encoders that are trained from scratch: levels of mel bands over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lfx.modalities.audio.spectrogram import (
    cut_frames,
    mel_filters,
    pad_waveforms,
    power_spectrum,
)
from lfx.modalities.pooling import length_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.modalities.audio.waveforms import Waveform

# Power of the quietest sound that a level is given to, of which full scale is 1.
_FLOOR = 1e-12


@dataclass(frozen=True)
class LogMel:
    """Levels of mel bands below the loudest of a recording.

    They depend neither on how loud a recording is nor on how much of it is silence, and what is far
    below the loudest sound, such as a microphone's noise, is all one.

    Attributes:
        sampling_rate: in hertz.
        window: length of a frame, in seconds.
        hop: from one frame to the next, in seconds.
        bands: number of mel bands.
        lowest: where the first band begins, in hertz; the last ends at half the sampling rate.
        dynamic_range: levels that are told apart, in decibels.
    """

    sampling_rate: int
    window: float
    hop: float
    bands: int
    lowest: float
    dynamic_range: float

    def __call__(self, waveforms: Sequence[Waveform]) -> dict[str, Tensor]:
        """Compute the levels of a batch.

        Args:
            waveforms: (batch,) of (samples,) each.

        Returns:
            `levels` (batch, frames, bands) in 0..1, of which 1 is the recording's loudest, and 0
            in padding; `frames` (batch,) of each that are no padding.
        """
        length, hop = self._length, max(1, round(self.hop * self.sampling_rate))
        frames = cut_frames(pad_waveforms(waveforms), length, hop, centred=True)
        power = power_spectrum(frames, self._window, self._size) @ self._filters
        counts = torch.tensor([1 + len(waveform) // hop for waveform in waveforms])
        levels = relative_levels(power, counts, self.dynamic_range)
        return {"levels": levels, "frames": counts}

    @property
    def _length(self) -> int:
        return max(2, round(self.window * self.sampling_rate))

    @property
    def _size(self) -> int:
        return 1 << (self._length - 1).bit_length()

    @cached_property
    def _window(self) -> Tensor:
        return torch.hann_window(self._length)

    @cached_property
    def _filters(self) -> Tensor:
        highest = self.sampling_rate / 2
        filters = mel_filters(self.sampling_rate, self._size, self.bands, self.lowest, highest)
        return torch.tensor(filters, dtype=torch.float32)


def relative_levels(power: Tensor, counts: Tensor, dynamic_range: float) -> Tensor:
    """Return levels relative to each recording's loudest.

    Args:
        power: (batch, frames, bands).
        counts: (batch,) frames that are no padding.
        dynamic_range: in decibels; what is further below the loudest is 0.

    Returns:
        (batch, frames, bands) in 0..1; 0 in padding.

    Example:
        >>> power = torch.tensor([[[1.0, 0.1], [1e-3, 0.0]]])
        >>> relative_levels(power, torch.tensor([2]), 40.0).tolist()
        [[[1.0, 0.75], [0.25, 0.0]]]
    """
    inside = length_mask(counts, power.shape[1]).unsqueeze(-1)
    decibels = 10 * torch.log10(power.masked_fill(~inside, 0.0).clamp_min(_FLOOR))
    loudest = decibels.amax(dim=(1, 2), keepdim=True)
    return (1 + (decibels - loudest) / dynamic_range).clamp_min(0.0) * inside
