"""Every odd file ends in the right waveform or in a problem that says what is wrong."""

from __future__ import annotations

import os
import re
import resource
import struct
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.modalities.audio.sound_file import open_sound
from lfx.modalities.audio.waveforms import MOST_SECONDS, inspect_recording, read_waveform
from lfx.runtime.errors import ConfigError

RATE = 8000
SILENT = np.zeros(4000, dtype=np.float32)


def sixteen(waveform):
    return np.round(waveform * 32767).astype("<i2").tobytes()


def twenty_four(waveform):
    whole = np.round(waveform * (2**23 - 1)).astype("<i4")
    return whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


# How each form stores a waveform, its layout, and how exact that is.
FORMS = {
    "8 bits unsigned": (
        lambda tone: np.round(tone * 127 + 128).astype(np.uint8).tobytes(),
        {"bits": 8},
        1e-2,
    ),
    "16 bits": (sixteen, {}, 1e-4),
    "16 bits, big end first": (
        lambda tone: np.round(tone * 32767).astype(">i2").tobytes(),
        {"order": ">"},
        1e-4,
    ),
    "24 bits": (twenty_four, {"bits": 24}, 1e-6),
    "32 bits": (
        lambda tone: (tone.astype(float) * (2**31 - 1)).astype("<i4").tobytes(),
        {"bits": 32},
        1e-6,
    ),
    "float": (lambda tone: tone.astype("<f4").tobytes(), {"bits": 32, "kind": 3}, 0),
    "double": (lambda tone: tone.astype("<f8").tobytes(), {"bits": 64, "kind": 3}, 0),
    "extensible": (sixteen, {"extensible": True}, 1e-4),
    "extensible float": (
        lambda tone: tone.astype("<f4").tobytes(),
        {"bits": 32, "kind": 3, "extensible": True},
        0,
    ),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_of_wav_is_the_same_waveform(wav, tone, store, form):
    stored, layout, exactness = FORMS[form]
    file = store(wav(stored(tone()), **layout))
    assert inspect_recording(file) is None
    waveform = read_waveform(file, RATE, 10)
    assert waveform.dtype == np.float32
    assert np.abs(waveform - tone()).max() <= exactness


@pytest.mark.parametrize(
    ("container", "subtype", "exactness"),
    [("FLAC", None, 1e-4), ("OGG", "VORBIS", 0.05), ("OGG", "OPUS", 0.1), ("MP3", None, 0.05)],
)
def test_other_containers_are_read_whatever_their_name(
    tone, encode, store, container, subtype, exactness
):
    file = store(encode(tone(), container, subtype), "mis.named.au")
    assert inspect_recording(file) is None
    waveform = read_waveform(file, RATE, 10)
    assert len(waveform) == len(tone())
    inner = slice(400, -400)  # lossy codecs ring at the ends
    assert np.abs(waveform - tone())[inner].max() < exactness


def test_tags_before_an_mp3_are_passed_over(tone, encode, store):
    content = encode(tone(), "MP3")
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + bytes(128)
    plain = read_waveform(store(content, "plain.mp3"), RATE, 10)
    assert np.array_equal(read_waveform(store(tag + content, "tagged.mp3"), RATE, 10), plain)


def test_chunks_beside_the_samples_are_passed_over(wav, tone, store):
    content = wav(sixteen(tone()))
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"  # of an odd size, padded
    file = store(content[:12] + extra + content[12:] + b"id3 " + struct.pack("<I", 2) + b"xx")
    assert inspect_recording(file) is None
    assert len(read_waveform(file, RATE, 10)) == len(tone())


def test_channels_are_averaged(wav, tone, store):
    channels = np.stack([tone(220 * (1 + channel)) for channel in range(6)], axis=1)
    file = store(wav(sixteen(channels), channels=6, extensible=True))
    assert inspect_recording(file) is None
    assert np.abs(read_waveform(file, RATE, 10) - channels.mean(axis=1)).max() < 1e-4


def test_two_equal_channels_are_one(wav, tone, store):
    one = read_waveform(store(wav(sixteen(tone())), "one.wav"), RATE, 10)
    both = np.stack([tone(), tone()], axis=1)
    assert np.array_equal(read_waveform(store(wav(sixteen(both), channels=2)), RATE, 10), one)


def test_a_length_that_a_stream_could_not_know_is_no_problem(wav, tone, store):
    content = bytearray(wav(sixteen(tone())))
    content[4:8] = content[40:44] = b"\xff" * 4
    file = store(bytes(content))
    assert inspect_recording(file) is None
    assert len(read_waveform(file, RATE, 10)) == len(tone())


def half(content):
    return content[: len(content) // 2]


def in_floats(wav, values):
    return wav(values.astype("<f4").tobytes(), bits=32, kind=3)


PROBLEMS = {
    "a page": (
        lambda *_: b"<html></html>",
        "the file is not a recording: WAV, FLAC, OGG and MP3 are read",
    ),
    "nothing": (lambda *_: b"", r"the file is empty \(0 bytes\)"),
    "another container": (
        lambda _, tone, encode: encode(tone(), "AIFF"),
        r"the file is AIFF .*: WAV, FLAC, OGG and MP3 are read; convert it",
    ),
    "no samples": (lambda wav, *_: wav(b""), "it has no samples"),
    "one sample": (lambda wav, *_: wav(b"\x00\x10"), "it has a single sample"),
    "silence": (lambda wav, *_: wav(sixteen(SILENT)), "it is silent from beginning to end"),
    "silence of 8 bits": (lambda wav, *_: wav(bytes([128]) * 99, bits=8), "it is silent from .*"),
    "an offset alone": (lambda wav, *_: wav(sixteen(SILENT + 0.3)), "it is silent from .*"),
    "the last bit flips": (
        lambda wav, *_: wav((np.arange(4000) % 2).astype("<i2").tobytes()),
        "it is silent from .*",
    ),
    "opposite phase": (
        lambda wav, tone, _: wav(sixteen(np.stack([tone(), -tone()], axis=1)), channels=2),
        r"its channels cancel each other out: .*opposite phase.*",
    ),
    "not a number": (
        lambda wav, tone, _: in_floats(wav, np.where(np.arange(4000) == 7, np.nan, tone())),
        "1 of its samples are no finite numbers .*",
    ),
    "infinite": (
        lambda wav, tone, _: in_floats(wav, np.where(np.arange(4000) < 2, np.inf, tone())),
        "2 of its samples are no finite numbers .*",
    ),
    "enormous": (
        lambda wav, tone, _: in_floats(wav, tone() * np.float32(1e30)),
        r"its samples go up to [45].*e\+29, where full scale is 1",
    ),
    "one hertz": (
        lambda wav, tone, _: wav(sixteen(tone()), rate=1),
        "its header says a sampling rate of 1 Hz; recordings have 1,000 to 768,000",
    ),
    "two gigahertz": (
        lambda wav, tone, _: wav(sixteen(tone()), rate=2**31 - 1),
        "its header says a sampling rate of 2,147,483,647 Hz; .*",
    ),
    "half a WAV": (
        lambda wav, tone, _: wav(sixteen(tone()))[:4044],
        r"the recording is cut off: 0\.25 of 0\.50 seconds are there",
    ),
    "half a WAV of 24 bits": (
        lambda wav, tone, _: wav(twenty_four(tone()), bits=24)[:6044],
        r"the recording is cut off: 0\.25 of 0\.50 seconds are there",
    ),
    "half a FLAC": (
        lambda _, tone, encode: half(encode(tone(), "FLAC")),
        "the recording is damaged: .*",
    ),
    "half an OGG": (
        lambda _, tone, encode: half(encode(tone(), "OGG")),
        "the recording is damaged, or empty: .*",
    ),
    "half an MP3": (
        lambda _, tone, encode: half(encode(tone(), "MP3")),
        r"the recording is cut off: 0\.\d\d of 0\.50 seconds are there",
    ),
    "the start of an MP3": (
        lambda *_: b"\xff\xfb\x90\x00" + bytes(500),
        "the recording is damaged, or empty: .*",
    ),
    "the start of a WAV": (
        lambda wav, *_: wav(b"")[:20],
        "the recording is damaged, or empty: .*",
    ),
    "an empty OGG": (lambda _, __, encode: encode(SILENT[:0], "OGG"), "it has no samples"),
}


@pytest.mark.parametrize("kind", list(PROBLEMS))
def test_what_cannot_be_used_is_named(wav, tone, encode, store, kind):
    make, message = PROBLEMS[kind]
    problem = inspect_recording(store(make(wav, tone, encode)))
    assert problem is not None
    assert re.fullmatch(message, problem), problem


def test_what_is_no_file_is_named(tmp_path):
    assert inspect_recording(tmp_path) == "it is a folder or a device, not a file"
    os.mkfifo(tmp_path / "pipe.wav")  # which would wait for a writer
    assert inspect_recording(tmp_path / "pipe.wav") == "it is a folder or a device, not a file"
    with pytest.raises(FileNotFoundError, match=r"nothing\.wav"):
        inspect_recording(tmp_path / "nothing.wav")


def test_no_more_is_decoded_than_is_asked_for(wav, store):
    """Of an hour's recording a second is read: neither its time nor its memory is spent."""
    file = store(wav(bytes(2 * RATE * 3600)))
    tracemalloc.start()
    assert len(read_waveform(file, RATE, 1.0)) == RATE
    assert inspect_recording(file) == "it is silent from beginning to end"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20
    with open_sound(file) as sound:
        assert sum(map(len, sound.blocks(MOST_SECONDS))) == MOST_SECONDS * RATE


def test_a_header_that_promises_far_more_takes_no_memory(wav, tone, encode, store):
    content = bytearray(wav(sixteen(tone())))
    content[40:44] = struct.pack("<I", 0x7FFE_0000)
    flac = bytearray(encode(tone(), "FLAC"))
    flac[21] |= 0x0F  # 2 ** 36 samples
    flac[22:26] = b"\xff" * 4
    tracemalloc.start()
    problem = inspect_recording(store(bytes(content)))
    assert problem == "the recording is cut off: 0.50 of 134209.54 seconds are there"
    problem = inspect_recording(store(bytes(flac), "long.flac"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problem is not None
    assert re.match("the recording is (damaged|cut off): ", problem)
    assert peak < 8 * 2**20


SOUND = (0.5 * np.sin(np.arange(3000) / 3)).astype(np.float32)


@pytest.fixture(scope="module")
def contents(encode):
    kinds = (("WAV", None), ("WAV", "FLOAT"), ("FLAC", None), ("OGG", "VORBIS"), ("MP3", None))
    return [encode(SOUND, *kind) for kind in kinds]


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, 4),
    end=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4),
)
def test_damage_of_any_kind_is_a_problem_or_a_waveform(
    contents, tmp_path_factory, place, end, changes
):
    content = contents[place]
    damaged = bytearray(content[: int(len(content) * end)] if end < 0.5 else content)
    for position, value in changes:
        if damaged:
            damaged[int(position * len(damaged))] = value
    file = tmp_path_factory.getbasetemp() / "damaged.bin"
    file.write_bytes(damaged)
    problem = inspect_recording(file)
    if problem is None:
        waveform = read_waveform(file, RATE, 1.0)
        assert 0 < len(waveform) <= RATE
        assert np.isfinite(waveform).all()
    else:
        assert len(problem.splitlines()) == 1
        assert problem.startswith(("the ", "it", *"0123456789"))


def test_files_are_closed(wav, tone, store):
    file = store(wav(sixteen(tone())))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, before[1]))
    try:
        for _ in range(50):
            assert inspect_recording(file) is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_without_the_package_the_message_says_how_to_install_it(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ConfigError, match=r'pip install "late-fusion-experiments\[audio\]"'):
        inspect_recording(store(b"RIFF"))
