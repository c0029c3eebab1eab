"""Image files, each checked once and decoded once; the results are cached between runs."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import astuple, dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.cache import cache_key, checksum, in_threads, reason_of, writable
from lfx.data.checked_array import read_array, write_array
from lfx.data.decoding import DEFAULT
from lfx.data.file_digests import file_state
from lfx.modalities.image.decoding import decode, decode_fully, square
from lfx.runtime.errors import DataError
from lfx.runtime.files import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from lfx.data.decoding import Decoding

log = logging.getLogger(__name__)

# Part of every cache key: increase it when decoding or resizing changes.
_VERSION = 3


@dataclass(frozen=True)
class Inspection:
    """The result of checking an image file.

    Attributes:
        digest: SHA-256 of its bytes; empty if they cannot be read.
        problem: why it cannot be decoded; None if it can.
        range: see `Decoded`.
        is_blank: see `Decoded`.
    """

    digest: str
    problem: str | None
    range: str | None = None
    is_blank: bool = False


def inspect_images(
    images: Sequence[Path], cache_dir: Path, decoding: Decoding = DEFAULT
) -> tuple[Inspection, ...]:
    """Digest and decode every image once; later runs read the results while no file changes.

    Args:
        images: (samples,) paths.
        cache_dir: folder of the cache.
        decoding: how files become RGB.

    Returns:
        (samples,) inspections.

    Raises:
        ConfigError: the cache cannot be written to.
    """
    listing = [file_state(path) for path in images]
    file = cache_dir / "inspections" / f"{cache_key([_VERSION, [listing, decoding.key]])}.json"
    try:
        return _read_inspections(file, len(images))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("%s is damaged and is made again (%s)", file, reason_of(error))
    inspections = tuple(in_threads(partial(_inspect, decoding), images, "checking images"))
    # A file that could not be read is not cached: a change of permissions keeps its size and time.
    if all(inspection.digest for inspection in inspections):
        entries = [list(astuple(inspection)) for inspection in inspections]
        with writable(cache_dir):
            write_json(file, {"checksum": checksum(entries), "images": entries})
    return inspections


def cached_images(
    images: Sequence[Path],
    digests: Sequence[str],
    size: int,
    resize: str,
    cache_dir: Path,
    decoding: Decoding = DEFAULT,
) -> npt.NDArray[np.uint8]:
    """Return all images as one array, from the cache if it holds them.

    The cache's key is made of the files' digests, decoding, size and resize. A damaged cache is
    made again.

    Args:
        images: (samples,) paths of files that decode.
        digests: (samples,) SHA-256 of each file.
        size: side in pixels.
        resize: `squash` or `crop`.
        cache_dir: folder of the cache.
        decoding: how files become RGB.

    Returns:
        (samples, size, size, 3) RGB in 0..255, mapped from the file and read only.

    Raises:
        ConfigError: the cache cannot be written to.
        DataError: a file no longer has its digest.
    """
    key = cache_key([_VERSION, [list(digests), size, resize, decoding.key]])
    file = cache_dir / "images" / f"{key}.npy"
    shape = (len(images), size, size, 3)
    try:
        return read_array(file, shape)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        log.warning("%s is damaged and is made again (%s)", file, reason_of(error))

    def make(row: int) -> npt.NDArray[np.uint8]:
        content = _read_unchanged(images[row], digests[row], cache_dir)
        return np.asarray(square(decode(content, decoding), size, resize))

    with writable(cache_dir):
        write_array(
            file, shape, make, lambda work: in_threads(work, range(shape[0]), "decoding images")
        )
    log.info("decoded %d images at %d pixels into %s", len(images), size, file)
    return read_array(file, shape)


def _inspect(decoding: Decoding, path: Path) -> Inspection:
    try:
        content = path.read_bytes()
    except OSError as error:
        return Inspection("", f"the file cannot be read: {error.strerror}")
    digest = hashlib.sha256(content).hexdigest()
    try:
        decoded = decode_fully(content, decoding)
    except ValueError as error:
        return Inspection(digest, str(error))
    return Inspection(digest, None, decoded.range, decoded.is_blank)


def _read_inspections(file: Path, count: int) -> tuple[Inspection, ...]:
    """Read the cached inspections of so many images; errors mean that the file is damaged."""
    content = json.loads(file.read_bytes())
    entries = content["images"]
    if content["checksum"] != checksum(entries) or len(entries) != count:
        raise ValueError("its checksum does not match its content")
    return tuple(Inspection(*entry) for entry in entries)


def _read_unchanged(image: Path, digest: str, cache_dir: Path) -> bytes:
    """Read a file and require the digest that it had when it was inspected."""
    try:
        content = image.read_bytes()
    except OSError as error:
        raise DataError(f"{image} cannot be read any more: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise DataError(
            f"{image} has changed since it was checked. Start again; if this happens again, the "
            f"file changed and its modification time did not: remove {cache_dir / 'inspections'}"
        )
    return content
