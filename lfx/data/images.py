"""Image files to arrays: every file is checked once and decoded once."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from typing import TYPE_CHECKING, TypeVar

from lfx.runtime.files import atomic_path, write_json
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

# EXIF's tag of how the camera was held, and what brings each of its values upright.
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}

# Part of every cache key: raise it when decoding or resizing changes.
_VERSION = 1


@dataclass(frozen=True)
class Inspection:
    """What a look at an image file told.

    Attributes:
        digest: SHA-256 of its bytes; empty where they cannot be read.
        problem: why it cannot be decoded; None where it can.
    """

    digest: str
    problem: str | None


def decode(content: bytes) -> Image:
    """Decode an image to RGB, turned as its EXIF data say.

    All decoding in lfx goes through here.

    Raises:
        ValueError: the bytes are no image, or not all of one.
    """
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise ValueError("the file is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            return _upright(image).convert("RGB")
    except UnidentifiedImageError as error:
        raise ValueError("the file is not an image") from error
    except Exception as error:  # Pillow's decoders raise what they like: struct.error, SyntaxError
        raise ValueError(f"the image is damaged: {error}") from error


def _upright(image: Image) -> Image:
    """Turn an image as its EXIF data say.

    Pillow's `exif_transpose` also writes the EXIF data anew, and fails where a camera wrote some
    other tag oddly.
    """
    from PIL.Image import Transpose

    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001, unreadable metadata do not make the picture unreadable
        turn = None
    return image if turn is None else image.transpose(Transpose[turn])


def square(image: Image, size: int, resize: str) -> Image:
    """Make an image square.

    Args:
        image: RGB.
        size: side in pixels.
        resize: `squash` scales each side by itself (the paper's 224 x 224); `crop` scales the short
            side and keeps the middle.
    """
    from PIL import Image, ImageOps

    if resize == "squash":
        return image.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)


def inspect_images(images: Sequence[Path], cache_dir: Path) -> tuple[Inspection, ...]:
    """Digest and decode every image once; later runs read the result while no file has changed.

    Args:
        images: (samples,) paths of files that exist.
        cache_dir: where results are kept.

    Returns:
        (samples,) inspections.
    """
    stats = [(str(path.resolve()), path.stat()) for path in images]
    listing = [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]
    file = cache_dir / "inspections" / f"{_key(listing)}.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Inspection(digest, problem) for digest, problem in found)
    except (OSError, ValueError, TypeError):
        pass
    inspections = tuple(_in_threads(_inspect, images, "checking images"))
    # Whoever gives back the right to read a file leaves its size and its time as they are.
    if all(one.digest for one in inspections):
        write_json(file, [[one.digest, one.problem] for one in inspections])
    return inspections


def cached_images(
    images: Sequence[Path], digests: Sequence[str], size: int, resize: str, cache_dir: Path
) -> npt.NDArray[np.uint8]:
    """Give all images as one array, from the cache where it holds them.

    The cache is keyed by what made it: the files' digests, the size, and how they became square.

    Args:
        images: (samples,) paths of files that decode.
        digests: (samples,) SHA-256 of each file.
        size: side in pixels.
        resize: `squash` or `crop`.
        cache_dir: where arrays are kept.

    Returns:
        (samples, size, size, 3) RGB in 0..255, mapped from the file and read only.
    """
    import numpy as np

    file = cache_dir / "images" / f"{_key([list(digests), size, resize])}.npy"
    if not file.is_file():
        shape = (len(images), size, size, 3)
        with atomic_path(file) as part:
            array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)

            def fill(row: int) -> None:
                array[row] = np.asarray(square(decode(images[row].read_bytes()), size, resize))

            for _ in _in_threads(fill, range(len(images)), "decoding images"):
                pass
            array.flush()
            del array
        log.info("decoded %d images at %d pixels into %s", len(images), size, file)
    stored: npt.NDArray[np.uint8] = np.load(file, mmap_mode="r")
    return stored


def _inspect(path: Path) -> Inspection:
    try:
        content = path.read_bytes()
    except OSError as error:
        return Inspection("", f"the file cannot be read: {error.strerror}")
    try:
        decode(content)
        problem = None
    except ValueError as error:
        problem = str(error)
    return Inspection(hashlib.sha256(content).hexdigest(), problem)


def _in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], what: str
) -> Iterator[Result]:
    """Pillow lets go of the interpreter while it decodes, so threads do."""
    with ThreadPoolExecutor(max_workers=cpu_count()) as pool:
        yield from track(pool.map(work, items), what, len(items))


def _key(content: object) -> str:
    text = json.dumps([_VERSION, content])
    return hashlib.sha256(text.encode()).hexdigest()[:24]
