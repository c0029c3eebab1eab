from __future__ import annotations

import numpy as np
from scipy.signal import resample_poly

from lfx.modalities.audio.waveforms import read_waveform, resample, to_mono


def test_resampling_keeps_a_tone_and_its_length(tone):
    for rate, wanted in ((8_000, 16_000), (44_100, 16_000), (192_000, 8_000), (11_025, 16_000)):
        resampled = resample(tone(500, 1.0, rate), rate, wanted)
        assert len(resampled) == wanted
        assert resampled.dtype == np.float32
        inner = slice(wanted // 10, -wanted // 10)
        assert np.abs(resampled - tone(500, 1.0, wanted))[inner].max() < 0.005


def test_what_the_lower_rate_cannot_hold_is_filtered_out(tone):
    kept = resample(tone(1_000, 1.0, 48_000) + tone(7_000, 1.0, 48_000), 48_000, 8_000)
    assert np.abs(kept - tone(1_000, 1.0, 8_000))[800:-800].max() < 0.01


def test_the_ratio_is_exact():
    noise = np.random.default_rng(0).standard_normal(4_410).astype(np.float32)
    assert np.array_equal(resample(noise, 44_100, 16_000), resample_poly(noise, 160, 441))
    assert resample(noise, 8_000, 8_000) is noise


def test_a_pair_of_samples_can_be_resampled():
    for rate, wanted in ((192_000, 8_000), (1_000, 16_000), (44_101, 16_000)):
        assert len(resample(np.ones(2, dtype=np.float32), rate, wanted)) == max(
            1, -(-2 * wanted // rate)
        )


def test_a_high_rate_is_read_down_to_the_wanted_one(tone, encode, store):
    file = store(encode(tone(500, 0.25, 192_000), "WAV", "PCM_24", rate=192_000))
    waveform = read_waveform(file, 16_000, 10)
    assert len(waveform) == 4_000
    assert np.abs(waveform - tone(500, 0.25, 16_000))[400:-400].max() < 0.005


def test_the_longest_waveform_is_cut_at_the_wanted_rate(tone, encode, store):
    file = store(encode(tone(500, 1.0, 44_100), "WAV", rate=44_100))
    assert len(read_waveform(file, 16_000, 0.3)) == 4_800


def test_the_mean_of_channels():
    block = np.float32([[1, 3], [2, -2]])
    assert to_mono(block).tolist() == [2, 0]
    assert to_mono(block[:, :1]).tolist() == [1, 2]
