"""Opening sound files and reading them block by block, with no trust in what they say."""

from __future__ import annotations

import stat
from contextlib import contextmanager
from dataclasses import dataclass
from os import fstat
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.modalities.audio.wav_header import wav_share
from lfx.runtime.errors import ConfigError, in_one_line
from lfx.runtime.versions import how_to_install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

# As libsndfile calls the containers of WAV, FLAC, OGG and MP3. It knows many more, which nobody
# trains on and which lfx has never tried.
_CONTAINERS = {"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"}
_READABLE = "WAV, FLAC, OGG and MP3 are read"
_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"ID3", b"\xff")
# Bits of an MP3 frame's second byte: the rest of the mark of its beginning, and the layer.
_LAYER, _LAYER_III = 0b1110_0110, 0b1110_0010
# Hertz. No recording has fewer or more, and a damaged header may say anything.
_LOWEST_RATE, _HIGHEST_RATE = 1_000, 768_000
# Samples of all channels that are decoded at a time.
_BLOCK = 2**18
# Full scale is 1, which files of floating-point numbers may go beyond.
_LOUDEST = 1e6
# A part of a file may be missing without harm: at the most this many seconds, and this share.
_MISSING_SECONDS, _MISSING_SHARE = 0.1, 0.1


@dataclass(frozen=True)
class SoundFile:
    """An open sound file.

    Attributes:
        sampling_rate: samples a second in each channel.
        sound: soundfile's object.
        present: share of the bytes that a WAV header promises; 1 for other containers.
    """

    sampling_rate: int
    sound: Any
    present: float

    def blocks(self, seconds: float) -> Iterator[npt.NDArray[np.float32]]:
        """Yield (samples, channels) float32, of which full scale is 1, up to some seconds.

        No more than one block is decoded and held, whatever length the header promises.

        Raises:
            ValueError: the file is damaged, cut off, or holds no finite numbers.
        """
        size = max(1, _BLOCK // int(self.sound.channels))
        most = round(seconds * self.sampling_rate)
        done = 0
        while done < most:
            try:
                block = self.sound.read(min(size, most - done), dtype="float32", always_2d=True)
            except Exception as error:  # each decoder has its own
                raise ValueError(f"the recording is damaged: {in_one_line(error)}") from error
            if not len(block):
                self.require_whole(done)
                return
            _require_numbers(block)
            yield block
            done += len(block)

    def require_whole(self, samples: int) -> None:
        """Refuse a file that ends long before its header says.

        Args:
            samples: the number that it has in each channel.

        Raises:
            ValueError: says how much of it is there.
        """
        promised = max(samples / self.present, float(self.sound.frames)) / self.sampling_rate
        there = samples / self.sampling_rate
        if promised - there > min(_MISSING_SECONDS, _MISSING_SHARE * promised):
            raise ValueError(
                f"the recording is cut off: {there:.2f} of {promised:.2f} seconds are there"
            )


def begins_as_sound(content: bytes) -> bool:
    """Return whether a file's first bytes are those of a container of sound that is read.

    Args:
        content: the file's first 12 bytes, or more.
    """
    if content.startswith(b"RIFF"):  # pictures and films begin so too
        return content[8:12] == b"WAVE"
    if content.startswith(b"\xff"):  # as JPEG and UTF-16 do; an MP3 frame is of layer III
        return len(content) > 1 and content[1] & _LAYER == _LAYER_III
    return content.startswith(_MAGIC)


@contextmanager
def open_sound(file: Path) -> Iterator[SoundFile]:
    """Open a sound file by its content; the ending of its name says nothing.

    Args:
        file: its path.

    Raises:
        ConfigError: the package that reads sound files is not installed.
        OSError: the file cannot be opened.
        ValueError: it cannot be read as sound; the message says why.
    """
    soundfile = import_soundfile()
    if not stat.S_ISREG(file.stat().st_mode):  # a pipe would wait for ever
        raise ValueError("it is a folder or a device, not a file")
    with file.open("rb", buffering=0) as stream:
        if fstat(stream.fileno()).st_size == 0:
            raise ValueError("the file is empty (0 bytes)")
        start = stream.read(max(map(len, _MAGIC)))
        present = wav_share(stream)
        stream.seek(0)
        try:
            # By descriptor: libsndfile guesses a container from the ending of a path.
            sound = soundfile.SoundFile(stream.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            if not start.startswith(_MAGIC):
                raise ValueError(f"the file is not a recording: {_READABLE}") from error
            reason = in_one_line(error).rpartition(": ")[2]
            raise ValueError(f"the recording is damaged, or empty: {reason}") from error
        with sound:
            yield _checked(sound, present)


def import_soundfile() -> Any:
    """Import the package that reads sound files.

    Raises:
        ConfigError: it is not installed, or lacks its library.
    """
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: there is no libsndfile
        raise ConfigError(
            f"audio is read by the package soundfile, which cannot be imported "
            f"({in_one_line(error)}): {how_to_install('audio')}"
        ) from error
    return soundfile


def _checked(sound: Any, present: float) -> SoundFile:
    if sound.format not in _CONTAINERS:
        raise ValueError(f"the file is {sound.format_info}: {_READABLE}; convert it")
    rate = int(sound.samplerate)
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise ValueError(
            f"its header says a sampling rate of {rate:,} Hz; recordings have {_LOWEST_RATE:,} to "
            f"{_HIGHEST_RATE:,}"
        )
    return SoundFile(rate, sound, present)


def _require_numbers(block: npt.NDArray[np.float32]) -> None:
    """Refuse what only files of floating-point numbers can hold."""
    infinite = int(np.sum(~np.isfinite(block)))
    if infinite:
        raise ValueError(f"{infinite} of its samples are no finite numbers (NaN or infinite)")
    peak = float(np.abs(block).max())
    if peak > _LOUDEST:
        raise ValueError(f"its samples go up to {peak:.3g}, where full scale is 1")
