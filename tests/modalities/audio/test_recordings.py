from __future__ import annotations

import hashlib
import json
import logging

import numpy as np
import pytest

from lfx.data.checked_sequences import _CHECKED
from lfx.modalities.audio.recordings import cached_waveforms, inspect_recordings
from lfx.modalities.audio.waveforms import read_waveform
from lfx.runtime.errors import ConfigError, DataError

RATE = 8000


@pytest.fixture
def files(tone, encode, store):
    """Digest → path of two recordings and of a file that is none."""
    paths = [
        store(encode(tone(220), "WAV"), "low.wav"),
        store(encode(tone(880, 0.25, 44_100), "FLAC", rate=44_100), "high.flac"),
        store(b"<html></html>", "page.wav"),
    ]
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in paths}


def by_name(files, found):
    return {path.name: found[digest] for digest, path in files.items()}


def test_each_recording_is_inspected_once(files, tmp_path):
    found = inspect_recordings(files, tmp_path / "cache")
    assert by_name(files, found) == {
        "low.wav": None,
        "high.flac": None,
        "page.wav": "the file is not a recording: WAV, FLAC, OGG and MP3 are read",
    }
    for path in files.values():
        path.unlink()
    assert inspect_recordings(files, tmp_path / "cache") == found


def test_the_cache_holds_what_direct_reading_gives(files, tmp_path):
    for rate, seconds in ((8_000, 10.0), (16_000, 10.0), (16_000, 0.1)):
        cached = cached_waveforms(files, rate, seconds, tmp_path / "cache")
        for digest, path in files.items():
            waveform = cached.sequences[cached.places[digest]]
            if path.name == "page.wav":  # which a row may not ask for
                assert len(waveform) == 0
            else:
                assert np.array_equal(waveform, read_waveform(path, rate, seconds))
    assert len(list((tmp_path / "cache" / "waveforms").iterdir())) == 3


def test_recordings_are_decoded_once(files, tmp_path):
    first = cached_waveforms(files, RATE, 10, tmp_path)
    for path in files.values():
        path.unlink()
    again = cached_waveforms(dict(reversed(files.items())), RATE, 10, tmp_path)
    assert again.places == first.places
    assert np.array_equal(again.sequences.values, first.sequences.values)
    for rate, seconds in ((RATE + 1, 10), (RATE, 9)):
        with pytest.raises(DataError, match=r"cannot be read any more: No such file"):
            cached_waveforms(files, rate, seconds, tmp_path)


def test_a_file_that_has_changed_since_it_was_checked_is_not_cached(files, tone, encode, tmp_path):
    (tmp_path / "low.wav").write_bytes(encode(tone(300), "WAV"))
    with pytest.raises(DataError, match=r"low\.wav has changed since it was checked"):
        cached_waveforms(files, RATE, 10, tmp_path / "cache")
    assert list((tmp_path / "cache" / "waveforms").iterdir()) == []


def test_what_cannot_be_opened_today_is_not_kept(files, tmp_path):
    low = tmp_path / "low.wav"
    content = low.read_bytes()
    low.unlink()
    found = by_name(files, inspect_recordings(files, tmp_path / "cache"))
    assert found["low.wav"] == "there is no such file"
    assert not (tmp_path / "cache").exists()
    low.write_bytes(content)
    assert by_name(files, inspect_recordings(files, tmp_path / "cache"))["low.wav"] is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda whole: whole[:-9],
        lambda _: b"[" * 100_000,
        lambda _: b'{"problems": 7, "checksum": 7}',
        lambda whole: whole.replace(b"not a recording", b"a recording"),
        lambda whole: json.dumps(json.loads(whole) | {"problems": []}).encode(),
    ],
)
def test_damaged_inspections_are_made_again(files, tmp_path, caplog, damage):
    found = inspect_recordings(files, tmp_path)
    kept = next((tmp_path / "recordings").iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert inspect_recordings(files, tmp_path) == found
    assert f"{kept} is damaged and is made again" in caplog.text
    assert kept.read_bytes() == whole


def test_a_damaged_cache_of_waveforms_is_made_again(files, tmp_path, caplog):
    first = np.array(cached_waveforms(files, RATE, 10, tmp_path).sequences.values)
    kept = next((tmp_path / "waveforms").iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(whole[:200] + b"\1" + whole[201:])
    _CHECKED.clear()  # as in another process
    again = cached_waveforms(files, RATE, 10, tmp_path).sequences.values
    assert np.array_equal(again, first)
    assert f"{kept} is damaged and is made again" in caplog.text
    assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written_to_is_told(files, tmp_path):
    for name in ("recordings", "waveforms"):
        (tmp_path / name).write_text("in the way", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"data.cache_dir=.* cannot be written to: .*recordings"):
        inspect_recordings(files, tmp_path)
    with pytest.raises(ConfigError, match=r"data.cache_dir=.* cannot be written to: .*waveforms"):
        cached_waveforms(files, RATE, 10, tmp_path)


def test_silence_before_the_end_of_what_is_read_is_told(tone, encode, store, tmp_path, caplog):
    late = np.concatenate([np.zeros(RATE, dtype=np.float32), tone()])
    path = store(encode(late, "WAV"), "late.wav")
    files = {hashlib.sha256(path.read_bytes()).hexdigest(): path}
    assert list(inspect_recordings(files, tmp_path).values()) == [None]
    with caplog.at_level(logging.WARNING):
        cached_waveforms(files, RATE, 10, tmp_path)
        assert caplog.text == ""
        cached_waveforms(files, RATE, 1, tmp_path)
    assert (
        "1 recordings are silent in the first 1 seconds (max_seconds of the encoder): late.wav"
        in (caplog.text)
    )


def test_many_recordings_keep_their_places(tone, encode, store, tmp_path):
    files = {}
    for pitch in range(150):  # more than are decoded ahead
        path = store(encode(tone(100 + pitch, 0.02), "WAV"), f"{pitch}.wav")
        files[hashlib.sha256(path.read_bytes()).hexdigest()] = path
    cached = cached_waveforms(files, RATE, 10, tmp_path)
    for digest, path in files.items():
        expected = read_waveform(path, RATE, 10)
        assert np.array_equal(cached.sequences[cached.places[digest]], expected)
