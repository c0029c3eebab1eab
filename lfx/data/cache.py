"""What every cache of `data.cache_dir` needs: keys, checksums, threads, and words for errors."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from os import cpu_count
from typing import TYPE_CHECKING, TypeVar

from lfx.runtime.errors import ConfigError
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Item = TypeVar("Item")
Result = TypeVar("Result")


def cache_key(content: object) -> str:
    """Return 24 hexadecimal digits: a digest of plain values."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]


def checksum(entries: object) -> str:
    """Return the SHA-256 of plain values, which a cache file holds beside them."""
    return hashlib.sha256(json.dumps(entries).encode()).hexdigest()


def in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], what: str
) -> Iterator[Result]:
    """Yield results in order, made by threads, for work that releases the interpreter's lock.

    Args:
        work: called with each item.
        items: in order.
        what: the title of the progress bar.
    """
    with ThreadPoolExecutor(max_workers=cpu_count()) as pool:
        yield from track(pool.map(work, items), what, len(items))


@contextmanager
def writable(cache_dir: Path) -> Iterator[None]:
    """Turn errors of writing to the cache into one that names its setting.

    Raises:
        ConfigError: the cache cannot be written to.
    """
    try:
        yield
    except (PermissionError, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise ConfigError(
            f"data.cache_dir={cache_dir} cannot be written to: {error.filename}: {error.strerror}; "
            "give another folder"
        ) from error


def reason_of(error: Exception) -> str:
    """Return an error's first line, or its type where it says nothing."""
    text = (str(error).splitlines() or [""])[0]
    return text or type(error).__name__
