"""A digit seen and heard: what is generated, and what a sound says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

from lfx.data.prepare import SplitPlan, load_labelled
from lfx.data.sources.demo_av import DemoAvSource
from lfx.data.sources.digit_sounds import SAMPLING_RATE, say
from lfx.modalities.audio.waveforms import inspect_recording, read_waveform
from lfx.runtime.errors import DataError


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo_av") / "demo_av"
    cache = root.parent / "cache"
    cache.mkdir()
    table = load_labelled(
        DemoAvSource(str(root)), SplitPlan("grouped"), drop_bad=False, cache_dir=cache
    )
    return root, table


def test_a_tenth_lacks_the_picture_and_another_the_sound(demo):
    _, table = demo
    assert table.classes == tuple("0123456789")
    assert sorted(table.columns) == ["audio", "image"]
    present = {name: np.asarray(column.present) for name, column in table.columns.items()}
    assert len(table) == 1797
    assert (~present["image"]).mean() == pytest.approx(0.1, abs=0.02)
    assert (~present["audio"]).mean() == pytest.approx(0.1, abs=0.02)
    assert (present["image"] | present["audio"]).all()
    assert Counter(table.splits.tolist()) == {"train": 1437, "val": 180, "test": 180}


def test_the_pictures_are_those_of_scikit_learn(demo):
    root, table = demo
    digits = load_digits()
    assert table.labels.tolist() == digits.target.tolist()
    with Image.open(root / "images" / "7.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), np.round(digits.images[7] * 255 / 16))


def test_the_sounds_are_whole_recordings(demo):
    root, _ = demo
    files = sorted((root / "sounds").iterdir())[:40]
    assert [inspect_recording(file) for file in files] == [None] * 40
    lengths = [len(read_waveform(file, SAMPLING_RATE, 10)) for file in files]
    assert 0.2 * SAMPLING_RATE < min(lengths) <= max(lengths) < 1.2 * SAMPLING_RATE


def test_it_is_generated_alike_everywhere_and_once(demo, tmp_path):
    root, _ = demo
    DemoAvSource(str(tmp_path / "again")).read()
    files = sorted(path.relative_to(root) for path in root.rglob("*.*"))
    assert files == sorted(
        path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*.*")
    )
    for name in files[::50]:
        assert (tmp_path / "again" / name).read_bytes() == (root / name).read_bytes()
    stamp = (root / "digits.csv").stat().st_mtime_ns
    DemoAvSource(str(root)).read()
    assert (root / "digits.csv").stat().st_mtime_ns == stamp


def test_another_folder_is_not_taken(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="holds something other than demo data"):
        DemoAvSource(str(tmp_path)).read()


def test_a_sound_says_its_digit_but_not_clearly():
    """A linear model of coarse spectra tells digits apart far above chance, and far from always."""
    chance = np.random.default_rng(0)
    labels = np.tile(np.arange(10), 60)
    spectra = np.stack([coarse_spectrum(say(int(digit), chance)) for digit in labels])
    model = RidgeClassifier(alpha=100).fit(spectra[:400], labels[:400])
    assert 0.3 < model.score(spectra[400:], labels[400:]) < 0.95


def coarse_spectrum(waveform):
    """Return log power in five parts of the time and sixteen bands."""
    parts = np.array_split(waveform / np.abs(waveform).max(), 5)
    powers = [np.abs(np.fft.rfft(part, 2048)) ** 2 for part in parts]
    bands = [[band.mean() for band in np.array_split(power, 16)] for power in powers]
    return np.log(np.array(bands)).ravel()
