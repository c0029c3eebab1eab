"""Power spectra and mel filters, as pure functions of waveforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.modalities.audio.waveforms import Waveform

MelScale = Literal["htk", "kaldi", "slaney"]
Numbers = npt.NDArray[np.float64]

# Slaney's scale is linear up to 1,000 Hz, which are 15 mels, and logarithmic above.
_LINEAR_HERTZ, _LINEAR_MELS = 1000.0, 15.0
_LOG_STEP = np.log(6.4) / 27.0


def pad_waveforms(waveforms: Sequence[Waveform], least: int = 1) -> Tensor:
    """Return waveforms (batch, samples) float32, padded with zeros to the longest.

    Args:
        waveforms: (batch,) of (samples,) each.
        least: samples that each has at the least after padding.
    """
    longest = max(least, *map(len, waveforms))
    padded = np.zeros((len(waveforms), longest), dtype=np.float32)
    for row, waveform in zip(padded, waveforms, strict=True):
        row[: len(waveform)] = waveform
    return torch.from_numpy(padded)


def cut_frames(waveforms: Tensor, length: int, hop: int, *, centred: bool) -> Tensor:
    """Cut waveforms into overlapping frames.

    Args:
        waveforms: (batch, samples), at least `length` samples unless centred.
        length: of a frame, in samples.
        hop: samples from one frame to the next.
        centred: frame i is around sample i * hop, with zeros beyond both ends; otherwise it begins
            there.

    Returns:
        (batch, frames, length): 1 + samples // hop frames if centred, else
        1 + (samples - length) // hop.

    Example:
        >>> cut_frames(torch.arange(5.0).view(1, 5), 3, 2, centred=True).tolist()
        [[[0.0, 0.0, 1.0], [1.0, 2.0, 3.0], [3.0, 4.0, 0.0]]]
    """
    if centred:
        waveforms = functional.pad(waveforms, (length // 2, length - length // 2))
    frames: Tensor = waveforms.unfold(1, length, hop)
    return frames


def power_spectrum(frames: Tensor, window: Tensor, size: int) -> Tensor:
    """Return the squared magnitudes of the windowed frames' Fourier transforms.

    Args:
        frames: (batch, frames, length).
        window: (length,).
        size: of the transform, at least `length`; frames are padded with zeros.

    Returns:
        (batch, frames, size // 2 + 1).
    """
    spectrum = torch.fft.rfft(frames * window, n=size)
    power: Tensor = spectrum.real.square() + spectrum.imag.square()
    return power


def mel_filters(
    sampling_rate: int,
    size: int,
    bands: int,
    lowest: float,
    highest: float,
    scale: MelScale = "htk",
) -> Numbers:
    """Return triangular filters that are evenly spaced in mel.

    Args:
        sampling_rate: in hertz.
        size: of the Fourier transform.
        bands: number of filters.
        lowest: where the first filter begins, in hertz.
        highest: where the last filter ends, in hertz.
        scale: htk; kaldi, whose filters are triangles in mel rather than in hertz; slaney, whose
            filters have the same area.

    Returns:
        (size // 2 + 1, bands).

    Example:
        >>> mel_filters(8_000, 256, 40, 50.0, 4_000.0).shape
        (129, 40)
    """
    bins = np.arange(size // 2 + 1) * sampling_rate / size
    mels = np.linspace(to_mel(lowest, scale), to_mel(highest, scale), bands + 2)
    if scale == "kaldi":
        bins, edges = to_mel(bins, scale), mels
    else:
        edges = to_hertz(mels, scale)
    rising = (bins[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    falling = (edges[None, 2:] - bins[:, None]) / np.diff(edges)[1:]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if scale == "slaney":
        filters *= 2.0 / (edges[2:] - edges[:-2])
    return np.asarray(filters)


def to_mel(hertz: npt.ArrayLike, scale: MelScale) -> Numbers:
    """Return frequencies in mel.

    Example:
        >>> to_mel([0.0, 1_000.0], "slaney").tolist()
        [0.0, 15.0]
    """
    hertz = np.asarray(hertz, dtype=np.float64)
    if scale == "htk":
        return np.asarray(2595.0 * np.log10(1.0 + hertz / 700.0))
    if scale == "kaldi":
        return np.asarray(1127.0 * np.log1p(hertz / 700.0))
    above = np.maximum(hertz, _LINEAR_HERTZ) / _LINEAR_HERTZ
    linear = np.minimum(hertz, _LINEAR_HERTZ) * _LINEAR_MELS / _LINEAR_HERTZ
    return np.asarray(linear + np.log(above) / _LOG_STEP)


def to_hertz(mels: Numbers, scale: MelScale) -> Numbers:
    """Return frequencies in hertz; see `to_mel`."""
    if scale == "htk":
        return np.asarray(700.0 * (10.0 ** (mels / 2595.0) - 1.0))
    if scale == "kaldi":
        return np.asarray(700.0 * np.expm1(mels / 1127.0))
    linear = np.minimum(mels, _LINEAR_MELS) * _LINEAR_HERTZ / _LINEAR_MELS
    return np.asarray(linear * np.exp(_LOG_STEP * np.maximum(mels - _LINEAR_MELS, 0.0)))
