"""Spectra and mel filters against naive loops and against transformers'."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers.audio_utils import hertz_to_mel, mel_filter_bank, spectrogram, window_function

from lfx.modalities.audio.log_mel import LogMel, relative_levels
from lfx.modalities.audio.spectrogram import (
    cut_frames,
    mel_filters,
    pad_waveforms,
    power_spectrum,
    to_hertz,
    to_mel,
)

RATE = 8000
FRONT_END = LogMel(
    sampling_rate=RATE, window=0.025, hop=0.01, bands=40, lowest=50.0, dynamic_range=50.0
)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).standard_normal(1000).astype(np.float32)


def test_the_power_spectrum_is_a_naive_fourier_transform(noise):
    frames = cut_frames(torch.from_numpy(noise[None, :100]), 20, 8, centred=False)
    window = torch.hann_window(20)
    power = power_spectrum(frames, window, 32)
    assert power.shape == (1, 11, 17)
    for frame in range(11):
        cut = noise[8 * frame : 8 * frame + 20] * window.numpy()
        for k in range(17):
            wave = np.exp(-2j * np.pi * k * np.arange(20) / 32)
            assert power[0, frame, k] == pytest.approx(abs(np.sum(cut * wave)) ** 2, abs=1e-3)


def test_frames_are_around_their_samples():
    waveform = torch.arange(1.0, 8.0).view(1, 7)
    frames = cut_frames(waveform, 4, 3, centred=True)
    assert frames.tolist() == [[[0, 0, 1, 2], [2, 3, 4, 5], [5, 6, 7, 0]]]
    assert cut_frames(waveform, 4, 3, centred=False).tolist() == [[[1, 2, 3, 4], [4, 5, 6, 7]]]
    assert cut_frames(torch.ones(1, 1), 4, 3, centred=True).tolist() == [[[0, 0, 1, 0]]]


@pytest.mark.parametrize("scale", ["htk", "kaldi", "slaney"])
def test_mel_filters_are_those_of_transformers(scale):
    theirs = mel_filter_bank(
        num_frequency_bins=257,
        num_mel_filters=64,
        min_frequency=20.0,
        max_frequency=8000.0,
        sampling_rate=16_000,
        norm="slaney" if scale == "slaney" else None,
        mel_scale=scale,
        triangularize_in_mel_space=scale == "kaldi",
    )
    assert np.allclose(mel_filters(16_000, 512, 64, 20.0, 8000.0, scale), theirs, atol=1e-12)


@pytest.mark.parametrize("scale", ["htk", "kaldi", "slaney"])
def test_mels_are_those_of_transformers_and_back(scale):
    hertz = np.array([0.0, 50.0, 999.0, 1000.0, 1001.0, 7999.0])
    mels = to_mel(hertz, scale)
    assert np.allclose(mels, hertz_to_mel(hertz.copy(), scale))
    assert np.allclose(to_hertz(mels, scale), hertz)


def test_levels_are_those_of_transformers(noise):
    ours = FRONT_END([noise])["levels"][0]
    theirs = spectrogram(
        noise,
        window_function(200, "hann"),
        frame_length=200,
        hop_length=80,
        fft_length=256,
        power=2.0,
        pad_mode="constant",
        mel_filters=mel_filter_bank(129, 40, 50.0, 4000.0, RATE),
        mel_floor=1e-12,
        log_mel="dB",
        reference=1.0,
        min_value=1e-12,
    )
    relative = np.maximum(0, 1 + (theirs - theirs.max()) / 50)
    assert ours.shape == (13, 40)
    assert np.abs(ours.numpy() - relative.T).max() < 1e-4


def test_a_tone_is_loudest_in_its_band(tone):
    centres = to_hertz(np.linspace(to_mel(50.0, "htk"), to_mel(4000.0, "htk"), 42), "htk")[1:-1]
    for pitch in (200.0, 1000.0, 3000.0):
        levels = FRONT_END([tone(pitch)])["levels"][0]
        loudest = centres[int(levels[20].argmax())]
        assert abs(to_mel(loudest, "htk") - to_mel(pitch, "htk")) < 60


def test_levels_do_not_depend_on_loudness_silence_or_neighbours(tone, noise):
    alone = FRONT_END([tone()])
    assert torch.allclose(FRONT_END([tone() * 1e-3])["levels"], alone["levels"], atol=1e-4)
    after = np.concatenate([tone(), np.zeros(800, dtype=np.float32)])
    assert torch.allclose(FRONT_END([after])["levels"][:, :48], alone["levels"][:, :48], atol=1e-6)
    batch = FRONT_END([np.tile(noise, 9), tone()])
    assert batch["frames"].tolist() == [113, 51]
    assert torch.allclose(batch["levels"][1, :51], alone["levels"][0], atol=1e-6)
    assert batch["levels"][1, 51:].eq(0).all()


@pytest.mark.parametrize("samples", [1, 2, 79, 80, 199, 200, 201])
def test_short_recordings_have_a_frame(samples):
    batch = FRONT_END([np.ones(samples, dtype=np.float32)])
    assert batch["levels"].shape == (1, 1 + samples // 80, 40)
    assert torch.isfinite(batch["levels"]).all()
    assert batch["levels"].max() == 1


def test_silence_has_levels_too():
    assert torch.isfinite(FRONT_END([np.zeros(500, dtype=np.float32)])["levels"]).all()


def test_relative_levels_pass_over_padding():
    power = torch.tensor([[[1.0], [0.01], [1e9]]])
    assert relative_levels(power, torch.tensor([2]), 40.0).flatten().tolist() == [1.0, 0.5, 0.0]


def test_waveforms_are_padded_to_the_longest():
    padded = pad_waveforms([np.float32([1, 2, 3]), np.float32([4])])
    assert padded.tolist() == [[1, 2, 3], [4, 0, 0]]
    assert pad_waveforms([np.float32([1])], least=3).tolist() == [[1, 0, 0]]
