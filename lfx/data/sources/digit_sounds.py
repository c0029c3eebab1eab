"""Spoken digits, generated: words said by voices that differ, with noise behind them.

A word is a row of speech sounds. Each has three formants, the resonances of mouth and throat, by
which the harmonics of a voice are weighted (those of vowels: Peterson and Barney 1952; of others:
rough values), and the hiss of a band of frequencies, which fricatives and stops are made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

SAMPLING_RATE = 8000

# Steps a second in which formants and loudness are drawn; waveforms are interpolated between.
_STEPS = 200
_HARMONICS = 24
_BANDWIDTHS = np.array([90.0, 120.0, 180.0])
# Range of what a voice draws: its pitch in Hz, its formants' scale (the length of the throat), and
# its seconds for a sound of length 1.
_PITCH, _THROAT, _PACE = (85.0, 240.0), (0.88, 1.18), (0.09, 0.15)
# Range of the noise behind a word, as a share of the word's own loudness.
_NOISE = (0.8, 3.2)
_SILENCE = (0.02, 0.15)  # seconds before and after a word, at most


class Sound(NamedTuple):
    """A speech sound.

    Attributes:
        formants: in Hz.
        voiced: loudness of the voice.
        hiss: loudness of the noise.
        band: centre of the noise in Hz.
        length: relative to a vowel's.
    """

    formants: tuple[float, float, float]
    voiced: float = 1.0
    hiss: float = 0.0
    band: float = 3000.0
    length: float = 1.0


_SOUNDS = {
    "AA": Sound((730, 1090, 2440)),
    "AH": Sound((640, 1190, 2390)),
    "AO": Sound((570, 840, 2410)),
    "EH": Sound((530, 1840, 2480)),
    "IH": Sound((390, 1990, 2550)),
    "IY": Sound((270, 2290, 3010)),
    "UW": Sound((300, 870, 2240)),
    "N": Sound((280, 1300, 2500), voiced=0.45, length=0.7),
    "R": Sound((310, 1060, 1380), voiced=0.7, length=0.6),
    "W": Sound((300, 610, 2200), voiced=0.6, length=0.6),
    "V": Sound((220, 1100, 2080), voiced=0.4, hiss=0.15, band=2600, length=0.6),
    "Z": Sound((240, 1390, 2530), voiced=0.4, hiss=0.3, band=3400, length=0.8),
    "F": Sound((340, 1100, 2080), voiced=0.0, hiss=0.18, band=2600, length=0.9),
    "TH": Sound((320, 1290, 2540), voiced=0.0, hiss=0.12, band=3000, length=0.8),
    "S": Sound((320, 1390, 2530), voiced=0.0, hiss=0.5, band=3500, length=1.0),
    "T": Sound((400, 1600, 2600), voiced=0.0, hiss=0.5, band=3200, length=0.3),
    "K": Sound((300, 1990, 2850), voiced=0.0, hiss=0.4, band=1900, length=0.3),
    "-": Sound((400, 1500, 2500), voiced=0.0, length=0.4),  # the closure before a stop
}
_WORDS = [
    word.split()
    for word in (
        "Z IH R AO UW",
        "W AH N",
        "T UW UW",
        "TH R IY",
        "F AO R",
        "F AA IY V",
        "S IH - K S",
        "S EH V AH N",
        "EH IY - T",
        "N AA IY N",
    )
]


def say(digit: int, chance: np.random.Generator) -> npt.NDArray[np.int16]:
    """Return a waveform of a digit, said by a voice of its own with noise behind it.

    Args:
        digit: 0 to 9.
        chance: draws the voice, the pace and the noise.

    Returns:
        (samples,) of `SAMPLING_RATE` a second, 0.25 to 1 s.

    Example:
        >>> waveform = say(7, np.random.default_rng(0))
        >>> waveform.dtype.name, 0.25 <= len(waveform) / SAMPLING_RATE <= 1
        ('int16', True)
    """
    sounds = [_SOUNDS[name] for name in _WORDS[digit]]
    spoken = _voice(sounds, chance)
    before, after = (int(SAMPLING_RATE * second) for second in chance.uniform(*_SILENCE, size=2))
    waveform = np.pad(spoken, (before, after))
    loudness = np.sqrt(np.mean(np.square(spoken)))
    waveform += chance.uniform(*_NOISE) * loudness * chance.normal(size=len(waveform))
    waveform *= chance.uniform(0.3, 0.95) / np.abs(waveform).max()
    return np.round(waveform * np.iinfo(np.int16).max).astype(np.int16)


def _voice(sounds: list[Sound], chance: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return (samples,) of a word without noise."""
    pitch, throat = chance.uniform(*_PITCH), chance.uniform(*_THROAT)
    lengths = np.array([sound.length for sound in sounds])
    seconds = lengths * chance.uniform(*_PACE) * chance.uniform(0.8, 1.25, size=len(sounds))
    # Each sound is reached in the middle of its time, and glides into the next.
    middles = np.cumsum(seconds) - seconds / 2
    steps = np.arange(0, seconds.sum(), 1 / _STEPS)
    times = np.arange(0, steps[-1], 1 / SAMPLING_RATE)
    formants = np.stack(
        [
            np.interp(steps, middles, [sound.formants[number] for sound in sounds])
            for number in range(len(_BANDWIDTHS))
        ]
    )
    formants *= throat
    edges = np.minimum(steps, steps[-1] - steps)
    envelope = np.clip(edges / 0.02, 0, 1)
    voiced = np.interp(steps, middles, [sound.voiced for sound in sounds]) * envelope
    melody = pitch * np.interp(times, [0, times[-1]], [1.1, 0.85])  # falls, as of a statement
    phases = 2 * np.pi * np.cumsum(melody) / SAMPLING_RATE
    waveform = np.zeros(len(times))
    for harmonic in range(1, _HARMONICS + 1):
        frequency = harmonic * pitch
        if frequency * 1.1 >= SAMPLING_RATE / 2:
            break
        away = (frequency - formants) / _BANDWIDTHS[:, np.newaxis]
        strength = voiced * (1 / (1 + np.square(away))).sum(axis=0) / harmonic**0.3
        waveform += np.interp(times, steps, strength) * np.sin(harmonic * phases)
    for sound, middle, length in zip(sounds, middles, seconds, strict=True):
        if sound.hiss:
            inside = np.clip(1.2 - np.abs(times - middle) / (length / 2), 0, 1)
            waveform += sound.hiss * np.sqrt(inside) * _hiss(len(times), sound.band, chance)
    return waveform


def _hiss(length: int, centre: float, chance: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return (length,) of noise around a frequency, with a variance of 1."""
    spectrum = np.fft.rfft(chance.normal(size=length))
    frequencies = np.fft.rfftfreq(length, 1 / SAMPLING_RATE)
    noise = np.fft.irfft(spectrum * np.exp(-np.square((frequencies - centre) / 600)), length)
    return np.asarray(noise / (noise.std() + 1e-9))
