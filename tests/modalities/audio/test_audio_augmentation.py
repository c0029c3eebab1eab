from __future__ import annotations

import numpy as np
import pytest

from lfx.modalities.audio.augmentation import (
    AudioAugmentation,
    add_noise,
    change_speed,
    move_ends,
)
from lfx.runtime.errors import ConfigError

OFF = {"speed": 0.0, "shift": 0.0, "cut": 0.0, "noise": 0.0, "gain": 0.0}
STRONG = AudioAugmentation(speed=0.2, shift=0.3, cut=0.2, noise=1.0, gain=10.0)


def test_what_is_drawn_depends_on_seed_epoch_sample_and_view_alone(tone):
    first = STRONG(tone(), 0, 1, 2)
    np.random.default_rng(0).random(100)
    assert np.array_equal(STRONG(tone(), 0, 1, 2), first)
    assert np.array_equal(STRONG(tone(), 0, 1, 2, view=0), first)
    for other in ((1, 1, 2), (0, 2, 2), (0, 1, 3), (0, 1, 2, 1)):
        assert not np.array_equal(STRONG(tone(), *other), first)


def test_nothing_is_changed_where_all_is_off(tone):
    assert np.array_equal(AudioAugmentation(**OFF)(tone(), 0, 0, 0), tone())


def test_one_change_that_is_off_leaves_the_others_as_they_are(tone):
    alone = AudioAugmentation(**OFF | {"shift": 0.3})(tone(), 0, 0, 0)
    louder = AudioAugmentation(**OFF | {"shift": 0.3, "gain": 6.0})(tone(), 0, 0, 0)
    assert len(alone) == len(louder) > len(tone())
    ratio = louder[np.abs(alone) > 0.1] / alone[np.abs(alone) > 0.1]
    assert np.ptp(ratio) < 1e-5
    assert abs(20 * np.log10(ratio[0])) <= 6


def test_speed_moves_the_pitch(tone):
    faster = change_speed(tone(400), 1.25)
    assert len(faster) == len(tone()) / 1.25
    spectrum = np.abs(np.fft.rfft(faster))
    assert spectrum.argmax() * 8_000 / len(faster) == pytest.approx(500, abs=3)
    assert np.array_equal(change_speed(tone(), 1.004), tone())
    lengths = [
        len(AudioAugmentation(**OFF | {"speed": 0.1})(tone(), 0, 0, row)) for row in range(50)
    ]
    assert min(lengths) >= 4_000 / 1.1
    assert max(lengths) <= 4_000 / 0.9 + 1
    assert len(set(lengths)) > 10


def test_ends_are_moved_and_a_sample_always_stays():
    waveform = np.arange(1, 5, dtype=np.float32)
    assert move_ends(waveform, 0, 0).tolist() == [1, 2, 3, 4]
    assert move_ends(waveform, 1, 2).tolist() == [0, 1, 2, 3, 4, 0, 0]
    assert move_ends(waveform, -1, -2).tolist() == [2]
    assert move_ends(waveform, -9, -9).tolist() == [4]
    assert move_ends(waveform, -9, 1).tolist() == [4, 0]
    short = AudioAugmentation(**OFF | {"shift": 1.0, "cut": 0.49})
    assert all(len(short(waveform[:1], 0, 0, row)) >= 1 for row in range(20))


def test_noise_has_the_wanted_power(tone):
    noise = np.random.default_rng(0).standard_normal(4_000).astype(np.float32)
    for ratio in (-10.0, 0.0, 20.0):
        added = add_noise(tone(), noise, ratio) - tone()
        measured = 10 * np.log10(np.mean(tone() ** 2) / np.mean(added**2))
        assert measured == pytest.approx(ratio, abs=0.01)
    assert np.array_equal(add_noise(tone(), np.zeros_like(tone()), 0.0), tone())
    silent = np.zeros(10, dtype=np.float32)
    assert np.array_equal(add_noise(silent, noise[:10], 0.0), silent)


def test_noise_comes_with_its_probability(tone):
    augmentation = AudioAugmentation(**OFF | {"noise": 0.3})
    noisy = [not np.array_equal(augmentation(tone(), 0, 0, row), tone()) for row in range(400)]
    assert np.mean(noisy) == pytest.approx(0.3, abs=0.07)


def test_waveforms_stay_float32_and_finite(tone):
    for row in range(20):
        changed = STRONG(tone(), 0, 0, row)
        assert changed.dtype == np.float32
        assert np.isfinite(changed).all()


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("speed", 1.0, "speed must be at least 0 and below 1"),
        ("cut", 0.5, "cut must be at least 0 and below 0.5"),
        ("noise", 2.0, "noise must be at least 0 and at most 1"),
        ("noise_range", [1.0], "noise_range must be of length 2"),
        ("gain", -1.0, "gain must be at least 0"),
    ],
)
def test_what_makes_no_sense_is_refused(setting, value, problem):
    with pytest.raises(ConfigError, match=problem):
        AudioAugmentation(**{setting: value})
