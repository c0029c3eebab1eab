from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from lfx.data.column import FileColumn
from lfx.data.samples import SampleTable

RATE = 8000
_PCM_GUID = bytes.fromhex("0000 1000 8000 00aa 0038 9b71")


def wav_bytes(samples, *, rate=RATE, bits=16, kind=1, channels=1, extensible=False, order="<"):
    """Return a WAV file of bytes that are already samples."""
    block = channels * bits // 8
    said = 0xFFFE if extensible else kind
    layout = struct.pack(order + "HHIIHH", said, channels, rate, rate * block, block, bits)
    if extensible:
        layout += struct.pack(order + "HHII", 22, bits, 0, kind) + _PCM_GUID
    chunks = b"fmt " + struct.pack(order + "I", len(layout)) + layout
    chunks += b"data" + struct.pack(order + "I", len(samples)) + samples
    name = b"RIFF" if order == "<" else b"RIFX"
    return name + struct.pack(order + "I", 4 + len(chunks)) + b"WAVE" + chunks


def tone_of(pitch=440.0, seconds=0.5, rate=RATE, loudness=0.5):
    time = np.arange(round(seconds * rate)) / rate
    return (loudness * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def encode_sound(waveform, container, subtype=None, rate=RATE):
    stream = io.BytesIO()
    soundfile.write(stream, waveform, rate, format=container, subtype=subtype)
    return stream.getvalue()


@pytest.fixture(scope="session")
def wav():
    """Make a WAV file from bytes of samples, by hand."""
    return wav_bytes


@pytest.fixture(scope="session")
def tone():
    """Make a sine wave."""
    return tone_of


@pytest.fixture(scope="session")
def encode():
    """Encode a waveform as WAV, FLAC, OGG or MP3."""
    return encode_sound


@pytest.fixture
def store(tmp_path):
    """Store bytes in a file."""

    def write(content, name="sound.wav"):
        file = tmp_path / name
        file.write_bytes(content)
        return file

    return write


@pytest.fixture
def make_table():
    """Make a table of recordings, one a sample: paths, bytes, or None."""

    def build(contents, splits=None, flaws=None):
        ids = [f"s{row}" for row in range(len(contents))]
        return SampleTable(
            ("low", "high"),
            ids=ids,
            labels=[row % 2 for row in range(len(contents))],
            groups=ids,
            splits=splits or [None] * len(contents),
            columns={"audio": FileColumn(contents, flaws)},
        )

    return build
