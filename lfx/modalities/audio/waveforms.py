"""From a sound file to a mono waveform of a wanted sampling rate, and what is wrong with it."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from lfx.modalities.audio.sound_file import open_sound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Waveform = npt.NDArray[np.float32]

# Longest part of a recording that an encoder reads, and that is checked.
MOST_SECONDS = 300
# A waveform whose values differ by less is silence: 80 decibels below full scale, which is 1.
SILENCE = 1e-4
_NO_SAMPLES = "it has no samples"


def read_waveform(file: Path, sampling_rate: int, max_seconds: float) -> Waveform:
    """Read the beginning of a recording, mono, at a sampling rate.

    Args:
        file: its path.
        sampling_rate: of the waveform, in hertz.
        max_seconds: longest waveform, a sample or more; what goes beyond is not decoded.

    Returns:
        (samples,) float32, at least one sample.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it cannot be read as sound; the message says why.
    """
    with open_sound(file) as sound:
        blocks = [to_mono(block) for block in sound.blocks(max_seconds)]
        rate = sound.sampling_rate
    if not blocks:
        raise ValueError(_NO_SAMPLES)
    waveform = resample(np.concatenate(blocks), rate, sampling_rate)
    return waveform[: round(max_seconds * sampling_rate)]


def inspect_recording(file: Path) -> str | None:
    """Decode a recording as far as encoders read, and return what is wrong with it.

    Args:
        file: its path.

    Returns:
        The problem; None if there is none.

    Raises:
        OSError: the file cannot be opened.
    """
    try:
        with open_sound(file) as sound:
            return _listen(sound.blocks(MOST_SECONDS))
    except ValueError as error:
        return str(error)


def _listen(blocks: Iterable[Waveform]) -> str | None:
    """Look for sound in blocks of (samples, channels), all of which are decoded."""
    least, most, loudest, samples = np.inf, -np.inf, 0.0, 0
    for block in blocks:
        mono = to_mono(block)
        least, most = min(least, float(mono.min())), max(most, float(mono.max()))
        loudest = max(loudest, float(np.ptp(block, axis=0).max()))
        samples += len(mono)
    if samples <= 1:
        return "it has a single sample" if samples else _NO_SAMPLES
    if most - least > SILENCE:
        return None
    if loudest > SILENCE:
        return (
            "its channels cancel each other out: their mean is silent (opposite phase); keep one "
            "of them"
        )
    return "it is silent from beginning to end"


def to_mono(block: Waveform) -> Waveform:
    """Return the mean of the channels, (samples, channels) to (samples,)."""
    if block.shape[1] == 1:
        return np.ascontiguousarray(block[:, 0])
    return np.asarray(block.mean(axis=1), dtype=np.float32)


def resample(waveform: Waveform, rate: int, wanted: int) -> Waveform:
    """Resample by the exact ratio of two sampling rates, with a low-pass filter.

    Args:
        waveform: (samples,).
        rate: its sampling rate, in hertz.
        wanted: the sampling rate of the result.

    Returns:
        (ceil(samples * wanted / rate),) float32.

    Example:
        >>> len(resample(np.zeros(441, dtype=np.float32), 44_100, 16_000))
        160
    """
    if rate == wanted:
        return waveform
    common = gcd(rate, wanted)
    resampled = resample_poly(waveform, wanted // common, rate // common)
    return np.asarray(resampled, dtype=np.float32)
