"""The front ends of pretrained models: what transformers' feature extractors compute, in torch.

These need neither the extractors' classes, which a folder could name, nor torchaudio, which is not
built for every torch, and they are several times faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor
from torch.nn import functional

from lfx.modalities.audio.spectrogram import (
    cut_frames,
    mel_filters,
    pad_waveforms,
    power_spectrum,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.modalities.audio.waveforms import Waveform

# Of Kaldi's filter banks.
_WINDOW, _HOP, _SIZE = 400, 160, 512
_LOWEST, _PREEMPHASIS, _KALDI_FLOOR = 20.0, 0.97, 1.192092955078125e-07
# Of Whisper's spectrograms.
_HIGHEST, _WHISPER_FLOOR, _DECADES = 8000.0, 1e-10, 8.0


@dataclass(frozen=True)
class RawWaveform:
    """Waveforms as they are, or each with mean 0 and variance 1: of wav2vec 2.0 and its kin.

    Attributes:
        sampling_rate: in hertz.
        normalise: whether each waveform is standardised.
        least: samples below which the model has nothing to read; shorter ones are padded.
        kind: names the class in descriptions.
    """

    sampling_rate: int
    normalise: bool
    least: int
    kind: Literal["waveform"] = "waveform"

    def __call__(self, waveforms: Sequence[Waveform]) -> dict[str, Tensor]:
        """Return `waveform` (batch, samples), 0 in padding, and `samples` (batch,) of each."""
        counts = torch.tensor([max(len(waveform), self.least) for waveform in waveforms])
        if self.normalise:
            waveforms = [_standardised(waveform) for waveform in waveforms]
        return {"waveform": pad_waveforms(waveforms, self.least), "samples": counts}


@dataclass(frozen=True)
class FilterBank:
    """Kaldi's log mel filter banks of a fixed length: of the Audio Spectrogram Transformer.

    Attributes:
        sampling_rate: in hertz.
        bands: number of mel bands.
        frames: length; what is shorter is padded, what is longer is cut off.
        mean: is subtracted.
        spread: twice this is divided by.
        kind: names the class in descriptions.
    """

    sampling_rate: int
    bands: int
    frames: int
    mean: float
    spread: float
    kind: Literal["filter_bank"] = "filter_bank"

    def __call__(self, waveforms: Sequence[Waveform]) -> dict[str, Tensor]:
        """Return `spectrogram` (batch, frames, bands)."""
        longest = _WINDOW + (self.frames - 1) * _HOP
        padded = pad_waveforms([waveform[:longest] for waveform in waveforms], _WINDOW)
        cut = cut_frames(padded.double(), _WINDOW, _HOP, centred=False)
        cut = cut - cut.mean(dim=2, keepdim=True)
        emphasised = cut - _PREEMPHASIS * functional.pad(cut[..., :-1], (1, 0), mode="replicate")
        power = power_spectrum(emphasised, self._window, _SIZE) @ self._filters
        levels = functional.pad(
            power.clamp_min(_KALDI_FLOOR).log(), (0, 0, 0, self.frames - power.shape[1])
        )
        # Frames that are not whole are none, and of padding nothing is computed.
        counts = [1 + max(0, len(waveform) - _WINDOW) // _HOP for waveform in waveforms]
        for row, count in zip(levels, counts, strict=True):
            row[count:] = 0.0
        return {"spectrogram": ((levels - self.mean) / (2 * self.spread)).float()}

    @cached_property
    def _window(self) -> Tensor:
        return torch.hann_window(_WINDOW, periodic=False, dtype=torch.float64)

    @cached_property
    def _filters(self) -> Tensor:
        highest = self.sampling_rate // 2
        return torch.from_numpy(
            mel_filters(self.sampling_rate, _SIZE, self.bands, _LOWEST, highest, "kaldi")
        )


@dataclass(frozen=True)
class WhisperSpectrogram:
    """Whisper's log mel spectrograms of a fixed length.

    Attributes:
        sampling_rate: in hertz.
        bands: number of mel bands.
        size: of a frame and its Fourier transform, in samples.
        hop: samples from one frame to the next.
        frames: length; what is shorter is padded, what is longer is cut off.
        kind: names the class in descriptions.
    """

    sampling_rate: int
    bands: int
    size: int
    hop: int
    frames: int
    kind: Literal["whisper"] = "whisper"

    def __call__(self, waveforms: Sequence[Waveform]) -> dict[str, Tensor]:
        """Return `spectrogram` (batch, bands, frames), and `frames` (batch,) with sound."""
        longest = self.frames * self.hop
        padded = pad_waveforms([waveform[:longest] for waveform in waveforms], longest)
        mirrored = functional.pad(padded, (self.size // 2, self.size // 2), mode="reflect")
        cut = cut_frames(mirrored, self.size, self.hop, centred=False)[:, : self.frames]
        power = power_spectrum(cut, self._window, self.size) @ self._filters
        levels = power.clamp_min(_WHISPER_FLOOR).log10()
        levels = torch.maximum(levels, levels.amax(dim=(1, 2), keepdim=True) - _DECADES)
        counts = [min(self.frames, 1 + (len(waveform) - 1) // self.hop) for waveform in waveforms]
        return {
            "spectrogram": ((levels + 4.0) / 4.0).transpose(1, 2),
            "frames": torch.tensor(counts),
        }

    @cached_property
    def _window(self) -> Tensor:
        return torch.hann_window(self.size)

    @cached_property
    def _filters(self) -> Tensor:
        filters = mel_filters(self.sampling_rate, self.size, self.bands, 0.0, _HIGHEST, "slaney")
        return torch.tensor(filters, dtype=torch.float32)


PretrainedFrontEnd = RawWaveform | FilterBank | WhisperSpectrogram


def _standardised(waveform: Waveform) -> Waveform:
    """Return a waveform with mean 0 and variance 1, as wav2vec 2.0 was trained."""
    spread = (waveform.var() + 1e-7) ** 0.5
    standardised: Waveform = (waveform - waveform.mean()) / spread
    return standardised
