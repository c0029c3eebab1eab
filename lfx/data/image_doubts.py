"""What is not beyond doubt about a data set's images, for the log."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.decoding import Decoding
    from lfx.data.images import Inspection

log = logging.getLogger(__name__)


def tell_doubts(ids: Sequence[str], inspections: Sequence[Inspection], decoding: Decoding) -> None:
    """Log which images are transparent everywhere, and what others' values were taken to mean.

    Args:
        ids: (samples,) of the samples.
        inspections: (samples,) of their images.
        decoding: how they become RGB.
    """
    blank = [name for name, one in zip(ids, inspections, strict=True) if one.is_blank]
    if blank:
        log.warning(
            "%d images are transparent everywhere, and nothing but %s is left of them: %s",
            *(len(blank), decoding.background, name_some(blank)),
        )
    ranges = Counter(one.range for one in inspections if one.range is not None)
    if not ranges:
        return
    told = name_some(f"{name} ({count} images)" for name, count in sorted(ranges.items()))
    if len(ranges) == 1:
        log.info("images of 32 bits or signed 16 bits a pixel: values taken to lie in %s", told)
    else:
        log.warning(
            "images of 32 bits or signed 16 bits a pixel: values taken to lie in %s, each image by "
            "its own values, so that their brightness does not compare; save them with 8 or 16 "
            "bits",
            told,
        )
