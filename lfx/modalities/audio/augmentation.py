"""Random changes of training waveforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Interval, Len

from lfx.modalities.audio.waveforms import resample
from lfx.runtime.checked import checked
from lfx.runtime.settings import Probability, Share

if TYPE_CHECKING:
    from lfx.modalities.audio.waveforms import Waveform

Decibels = Annotated[float, Interval(ge=-100, le=100)]
# Speeds are drawn in these steps, so that resampling has a small exact ratio.
_STEPS = 100


@checked
@dataclass(frozen=True, kw_only=True)
class AudioAugmentation:
    """Speed, shift, noise and gain of one waveform.

    What is drawn depends on seed, epoch, sample and view alone: not on the order of the samples, on
    the number of worker processes, or on what else uses random numbers.

    Args:
        speed: Largest change of speed, which moves pitch and formants too, as a share either way.
        shift: Most silence put before and, drawn apart, after a recording, as a share of its
            length.
        cut: Most that is cut off there instead, as a share of its length; below 0.5.
        noise: Probability of white noise.
        noise_range: Least and largest signal-to-noise ratio of that noise, in decibels.
        gain: Largest change of loudness, in decibels either way.
    """

    speed: Probability = 0.15
    shift: Share = 0.3
    cut: Annotated[float, Interval(ge=0, lt=0.5)] = 0.1
    noise: Share = 0.5
    noise_range: Annotated[Sequence[Decibels], Len(2, 2)] = (5.0, 30.0)
    gain: Annotated[float, Interval(ge=0, le=40)] = 0.0

    @property
    def changes(self) -> bool:
        """Whether any waveform is changed."""
        return any((self.speed, self.shift, self.cut, self.noise, self.gain))

    def __call__(
        self, waveform: Waveform, seed: int, epoch: int, sample: int, view: int = 0
    ) -> Waveform:
        """Return a changed waveform.

        Args:
            waveform: (samples,) float32.
            seed: of what is drawn.
            epoch: counted from 0.
            sample: the sample's position in the data.
            view: which of several views of the sample this is.

        Returns:
            (other samples,) float32, at least one.
        """
        generator = np.random.default_rng([seed, epoch, sample, view])
        # All that is drawn is drawn always: one change that is off leaves the others as they are.
        speed, before, after, noisy, ratio, gain = generator.random(6).tolist()
        changed = change_speed(waveform, 1 + self.speed * (2 * speed - 1))
        length = len(changed)
        changed = move_ends(
            changed,
            round(length * between(-self.cut, self.shift, before)),
            round(length * between(-self.cut, self.shift, after)),
        )
        if noisy < self.noise:
            noise = generator.standard_normal(len(changed), dtype=np.float32)
            changed = add_noise(
                changed, noise, between(self.noise_range[0], self.noise_range[1], ratio)
            )
        if self.gain > 0:
            changed = changed * np.float32(10 ** (between(-self.gain, self.gain, gain) / 20))
        return changed


def between(least: float, most: float, share: float) -> float:
    """Return the number that lies at a share of the way from the one to the other."""
    return least + (most - least) * share


def change_speed(waveform: Waveform, factor: float) -> Waveform:
    """Play a waveform faster or slower, with its pitch, in steps of a hundredth.

    Args:
        waveform: (samples,).
        factor: above 1: faster.

    Returns:
        (samples / factor,) float32.

    Example:
        >>> len(change_speed(np.zeros(1_000, dtype=np.float32), 1.25))
        800
    """
    return resample(waveform, max(1, round(factor * _STEPS)), _STEPS)


def move_ends(waveform: Waveform, before: int, after: int) -> Waveform:
    """Put silence before and after a waveform, or cut its ends off; one sample always stays.

    Args:
        waveform: (samples,).
        before: samples of silence; below 0: samples that are cut off.
        after: likewise, at the end.

    Example:
        >>> move_ends(np.arange(1, 6, dtype=np.float32), 2, -1).tolist()
        [0.0, 0.0, 1.0, 2.0, 3.0, 4.0]
    """
    start = min(max(-before, 0), len(waveform) - 1)
    end = max(len(waveform) - max(-after, 0), start + 1)
    return np.pad(waveform[start:end], (max(before, 0), max(after, 0)))


def add_noise(waveform: Waveform, noise: Waveform, ratio: float) -> Waveform:
    """Add noise at a signal-to-noise ratio.

    Args:
        waveform: (samples,).
        noise: (samples,) of any loudness.
        ratio: of their powers, in decibels.

    Returns:
        (samples,) float32.
    """
    signal = float(np.mean(np.square(waveform, dtype=np.float64)))
    power = float(np.mean(np.square(noise, dtype=np.float64)))
    if power == 0:
        return waveform
    scale = np.sqrt(signal / power / 10 ** (ratio / 10))
    return np.asarray(waveform + np.float32(scale) * noise, dtype=np.float32)
