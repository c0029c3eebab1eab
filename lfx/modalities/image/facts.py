"""What images tell of themselves: their headers are read, no pixel is decoded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.cache import in_threads
from lfx.modalities.facts import Facts
from lfx.modalities.image.decoding import Header, read_header
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.column import FileColumn
    from lfx.data.decoding import Decoding


def image_facts(column: FileColumn, rows: Sequence[int], decoding: Decoding) -> Facts:
    """Return sizes, modes and formats of images.

    Args:
        column: the files.
        rows: positions of samples that have one.
        decoding: the largest number of pixels.
    """

    def read(row: int) -> Header | str:
        return _header(column[row], decoding)

    headers = list(in_threads(read, list(rows), "reading headers of images"))
    readable = [one for one in headers if isinstance(one, Header)]
    sides = np.full((2, len(headers)), np.nan)
    for position, one in enumerate(headers):
        if isinstance(one, Header):
            sides[:, position] = one.width, one.height
    return Facts(
        measures={
            "width (pixels)": sides[0],
            "height (pixels)": sides[1],
            "width / height": sides[0] / sides[1],
        },
        counts={
            "format": Counter(one.format for one in readable),
            "mode": Counter(one.mode for one in readable),
            "width x height": Counter(f"{one.width} x {one.height}" for one in readable),
        },
        problems={row: one for row, one in zip(rows, headers, strict=True) if isinstance(one, str)},
        notes=["sizes are those of the file's header, before EXIF turns the picture"],
    )


def is_image(content: Path | bytes | None, decoding: Decoding) -> bool:
    """Return whether a file's header is that of an image."""
    return content is not None and isinstance(_header(content, decoding), Header)


def _header(content: Path | bytes | None, decoding: Decoding) -> Header | str:
    """Return an image's header, or what is wrong with it."""
    where = shorten(content.name) if isinstance(content, Path) else "in its cell"
    try:
        data = content.read_bytes() if isinstance(content, Path) else content or b""
        return read_header(data, decoding)
    except OSError as error:
        return f"the file cannot be read: {error.strerror} ({where})"
    except ValueError as error:
        return f"{error} ({where})"
