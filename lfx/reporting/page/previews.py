"""What samples look and sound like, small enough for a page: texts, thumbnails, sounds."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.data.cache import in_threads
from lfx.modalities.image.decoding import decode
from lfx.runtime.escaping import for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lfx.data.samples import SampleTable

# Bytes of a page for each kind of content, in base64.
IMAGE_BYTES, SOUND_BYTES, TEXT_BYTES = 8_000_000, 3_000_000, 2_500_000
# Longest side in pixels and WebP quality, the best first.
_THUMBNAILS = ((192, 70), (160, 60), (128, 55), (96, 45), (72, 40), (48, 35))
_TRIED = 24
_SAMPLING_RATE, _MOST_SECONDS = 16_000, 10.0
_LONGEST_TEXT = 2_000
_SHORTEST_TEXT = 40


@dataclass
class Previews:
    """Samples' contents for a page.

    Attributes:
        by_id: id → column → its preview, `{"text": …}`, `{"image": URL}`, `{"sound": URL}` or
            `{"note": why there is none}`; a sample without content has no entry of that column.
        notes: sentences on what the page has no room for.
    """

    by_id: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, sample: str, column: str, kind: str, content: str) -> None:
        """Add a preview of one column of a sample."""
        self.by_id.setdefault(sample, {})[column] = {kind: content}


def preview_samples(table: SampleTable, ids: Sequence[str]) -> Previews:
    """Return previews of some samples.

    Args:
        table: the samples.
        ids: ids of the samples to show, the most important ones first: where the page has no room
            for all pictures or sounds, those of the first ones are kept. Unknown ids are passed
            over.
    """
    position = {name: row for row, name in enumerate(table.ids)}
    rows = [(sample, position[sample]) for sample in ids if sample in position]
    previews = Previews()
    for name, column in sorted(table.columns.items()):
        contents = [(sample, column[row]) for sample, row in rows if column.present[row]]
        texts = [(sample, content) for sample, content in contents if isinstance(content, str)]
        files = [
            (sample, content) for sample, content in contents if isinstance(content, Path | bytes)
        ]
        numbers = [
            (sample, content) for sample, content in contents if isinstance(content, np.ndarray)
        ]
        _add_texts(previews, name, texts)
        for sample, content in numbers:
            previews.add(sample, name, "note", f"{' x '.join(map(str, content.shape))} numbers")
        if files:
            _add_files(previews, name, files, lambda content: _thumbnail_source(content, table))
    return previews


def _add_texts(previews: Previews, name: str, texts: Sequence[tuple[str, str]]) -> None:
    if not texts:
        return
    total = sum(min(len(text.encode("utf-8", "replace")), _LONGEST_TEXT) for _, text in texts)
    longest = _LONGEST_TEXT
    if total > TEXT_BYTES:
        longest = max(_SHORTEST_TEXT, TEXT_BYTES // len(texts))
        previews.notes.append(f"{name}: texts are cut off after {longest} characters")
    for sample, text in texts:
        shown = text if len(text) <= longest else f"{text[:longest]}…"
        previews.add(sample, name, "text", for_terminal(shown))


def _add_files(
    previews: Previews,
    name: str,
    files: Sequence[tuple[str, Path | bytes]],
    open_image: Callable[[Path | bytes], Any],
) -> None:
    """Add pictures, or sounds if the first files are no pictures."""
    tried = [open_image(content) for _, content in files[:_TRIED]]
    images = [image for image in tried if image is not None]
    if images:
        side, quality = _thumbnail_settings(images, len(files))

        def shrink(content: Path | bytes) -> str | None:
            image = open_image(content)
            return None if image is None else _thumbnail(image, side, quality)

        _add_within(previews, name, "image", files, (shrink, IMAGE_BYTES))
        return
    _add_within(previews, name, "sound", files, (_sound, SOUND_BYTES))


def _add_within(
    previews: Previews,
    name: str,
    kind: str,
    files: Sequence[tuple[str, Path | bytes]],
    made: tuple[Callable[[Path | bytes], str | None], int],
) -> None:
    """Add previews of files, as many as fit into a number of bytes."""
    make, most = made
    used = shown = 0
    contents = [content for _, content in files]
    for (sample, _), url in zip(
        files, in_threads(make, contents, f"previews of {name}"), strict=True
    ):
        if url is None:
            previews.add(sample, name, "note", "it cannot be read")
        elif used + len(url) <= most:
            previews.add(sample, name, kind, url)
            used, shown = used + len(url), shown + 1
        else:
            previews.add(sample, name, "note", "left out: the page has no room for it")
    left_out = sum(
        "left out" in previews.by_id[sample][name].get("note", "") for sample, _ in files
    )
    if left_out:
        previews.notes.append(
            f"{name}: {shown} of {shown + left_out} are shown, those first that some model is "
            "wrong about"
        )


def _thumbnail_source(content: Path | bytes, table: SampleTable) -> Any:
    """Return the decoded picture; None if it cannot be read as one."""
    try:
        data = content if isinstance(content, bytes) else content.read_bytes()
        return decode(data, table.decoding)
    except (OSError, ValueError):
        return None


def _thumbnail_settings(images: Sequence[Any], files: int) -> tuple[int, int]:
    """Return the largest side and quality with which that many files fit, judging by some."""
    for side, quality in _THUMBNAILS:
        sizes = [len(_thumbnail(image, side, quality)) for image in images]
        if sum(sizes) / len(sizes) * files <= IMAGE_BYTES:
            return side, quality
    return _THUMBNAILS[-1]


def _thumbnail(image: Any, side: int, quality: int) -> str:
    from PIL import Image

    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=quality, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _sound(content: Path | bytes) -> str | None:
    """Return the beginning of a recording as MP3; None if it cannot be read."""
    from lfx.modalities.audio.waveforms import read_waveform
    from lfx.runtime.errors import ConfigError

    if isinstance(content, bytes):
        return None
    try:
        waveform = read_waveform(content, _SAMPLING_RATE, _MOST_SECONDS)
        import soundfile

        buffer = io.BytesIO()
        soundfile.write(buffer, waveform, _SAMPLING_RATE, format="MP3")
    except (OSError, ValueError, ConfigError, ImportError, RuntimeError):
        return None
    return f"data:audio/mpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
