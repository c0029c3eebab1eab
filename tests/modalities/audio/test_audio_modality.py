from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import pytest
import torch

from lfx.modalities.audio.augmentation import AudioAugmentation
from lfx.modalities.audio.modality import AudioModality
from lfx.modalities.audio.spectrogram import pad_waveforms
from lfx.modalities.modality import NO_EPOCH
from lfx.runtime.errors import DataError

STRONG = AudioAugmentation(speed=0.2, shift=0.3, cut=0.2, noise=1.0)


class Wants(NamedTuple):
    """What the modality asks of an encoder."""

    sampling_rate: int = 8000
    max_seconds: float = 1.0

    @staticmethod
    def front_end(waveforms):
        return {
            "waveform": pad_waveforms(waveforms),
            "samples": torch.tensor([len(waveform) for waveform in waveforms]),
        }


@pytest.fixture
def recordings(tone, encode, store):
    return [
        store(encode(tone(200 + 50 * row, 0.1 + 0.02 * row), "WAV"), f"{row}.wav")
        for row in range(6)
    ]


def test_a_table_becomes_batches_of_padded_waveforms(recordings, make_table, tone, tmp_path):
    table = make_table(recordings)
    modality = AudioModality()
    assert modality.columns() == ("audio",)
    assert modality.content(table, [2]) == [recordings[2]]
    inputs = modality.inputs(table, [5, 0, 3], Wants(), tmp_path / "cache")
    assert list(inputs.lengths) == [1600, 800, 1280]
    batch = inputs.collate([2, 1], 0, 1)
    assert batch["samples"].tolist() == [1280, 800]
    assert batch["waveform"].shape == (2, 1280)
    assert np.abs(batch["waveform"][0].numpy() - tone(350, 0.16)).max() < 1e-4
    assert batch["waveform"][1, 800:].eq(0).all()


def test_only_training_waveforms_are_changed(recordings, make_table, tmp_path):
    table, rows = make_table(recordings), list(range(6))
    plain = AudioModality(augmentation=STRONG).inputs(table, rows, Wants(), tmp_path / "cache")
    trained = AudioModality(augmentation=STRONG).inputs(
        table, rows, Wants(), tmp_path / "cache", seed=0
    )
    assert torch.equal(
        plain.collate(rows, 0, 1)["waveform"], trained.collate(rows, NO_EPOCH, 1)["waveform"]
    )
    one, again, later = (trained.collate(rows, epoch, 1)["waveform"] for epoch in (0, 0, 1))
    assert torch.equal(one, again)
    assert one.shape != later.shape or not torch.equal(one, later)
    alone = trained.collate([4], 0, 1)["waveform"][0]
    assert torch.equal(one[4, : len(alone)], alone)
    views = trained.collate([4, 2], 0, 2)
    assert len(views["samples"]) == 4
    assert torch.equal(views["waveform"][0, : len(alone)], alone)
    assert views["samples"][0] != views["samples"][2]


def test_what_is_drawn_depends_on_the_row_in_the_data(recordings, make_table, tmp_path):
    table = make_table(recordings)
    modality = AudioModality(augmentation=STRONG)
    one = modality.inputs(table, [1, 4], Wants(), tmp_path / "cache", seed=0)
    other = modality.inputs(table, [4], Wants(), tmp_path / "cache", seed=0)
    waveform = other.collate([0], 3, 1)["waveform"][0]
    assert torch.equal(one.collate([1, 0], 3, 1)["waveform"][0, : len(waveform)], waveform)


def test_waveforms_are_cut_at_what_the_encoder_reads(recordings, make_table, tmp_path, caplog):
    table, modality = make_table(recordings), AudioModality(augmentation=STRONG)
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            inputs = modality.inputs(
                table, list(range(6)), Wants(max_seconds=0.15), tmp_path / "cache", seed=0
            )
    assert list(inputs.lengths) == [800, 960, 1120, 1200, 1200, 1200]
    for epoch in range(5):
        assert inputs.collate(list(range(6)), epoch, 1)["samples"].max() <= 1200
    (told,) = (line for line in caplog.messages if "encoder.max_seconds" in line)
    assert told.startswith("3 of 6 recordings (50.0 %) last 0.15 seconds or more, of which the ")


def test_problems_are_named_by_row(recordings, make_table, encode, store, tmp_path):
    contents = [
        recordings[0],
        store(b"", "empty.wav"),
        None,
        store(encode(np.zeros(800, dtype=np.float32), "WAV"), "silent.wav"),
        tmp_path / "gone.wav",
        b"<html>",
        None,
        recordings[1].read_bytes(),
    ]
    table = make_table(contents, flaws={6: "its audio is a number"})
    rows = [0, 1, 3, 4, 5, 6, 7]
    for _ in range(2):  # decoded, and from the cache
        assert AudioModality().problems_of(table, rows, tmp_path / "cache") == {
            1: "the file is empty (0 bytes) (empty.wav)",
            3: "it is silent from beginning to end (silent.wav)",
            4: "there is no such file (gone.wav)",
            5: "the file is not a recording: WAV, FLAC, OGG and MP3 are read (in its cell)",
            6: "its audio is a number",
        }


def test_recordings_with_problems_stop_no_others(recordings, make_table, tmp_path):
    table = make_table([recordings[0], b"<html>", None, recordings[1].read_bytes()])
    inputs = AudioModality().inputs(table, [0, 3], Wants(), tmp_path / "cache")
    assert list(inputs.lengths) == [800, 960]
    with pytest.raises(DataError, match="1 recordings cannot be decoded: s1; start again"):
        AudioModality().inputs(table, [0, 1], Wants(), tmp_path / "cache")


def test_train_and_validation_share_one_cache(recordings, make_table, tmp_path):
    table = make_table([*recordings, *recordings[:2]])  # two samples have the same recording
    for rows in ([0, 1, 2], [3, 4], [5, 6, 7]):
        AudioModality().inputs(table, rows, Wants(), tmp_path / "cache")
    assert len(list((tmp_path / "cache" / "waveforms").iterdir())) == 1


def test_another_column_can_be_read(recordings, make_table, tmp_path):
    table = make_table(recordings)
    with pytest.raises(DataError, match="the data have no column sound; they have audio"):
        AudioModality(column="sound").problems_of(table, [0], tmp_path)
