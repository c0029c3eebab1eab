"""Log messages on a data set's images: blank ones, and assumed ranges of values."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.decoding import Decoding
    from lfx.modalities.image.files import Inspection

log = logging.getLogger(__name__)


def log_image_warnings(
    ids: Sequence[str], inspections: Sequence[Inspection], decoding: Decoding
) -> None:
    """Log which images are transparent everywhere, and the assumed ranges of others' values.

    Args:
        ids: (samples,) of the samples.
        inspections: (samples,) of their images.
        decoding: how they become RGB.
    """
    blank = [name for name, image in zip(ids, inspections, strict=True) if image.is_blank]
    if blank:
        log.warning(
            "%d images are transparent everywhere, and only %s is left of them: %s",
            *(len(blank), decoding.background, name_some(blank)),
        )
    ranges = Counter(image.range for image in inspections if image.range is not None)
    if not ranges:
        return
    listed = name_some(f"{name} ({count} images)" for name, count in sorted(ranges.items()))
    if len(ranges) == 1:
        log.info("images of 32 bits or signed 16 bits per pixel: assumed range %s", listed)
    else:
        log.warning(
            "images of 32 bits or signed 16 bits per pixel: assumed ranges %s, each image by its "
            "own values, so that their brightness does not compare; save them with 8 or 16 bits",
            listed,
        )
