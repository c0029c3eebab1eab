"""Pictures with transparent pixels, laid on one plain colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

# What decoders of these formats leave where nobody has written an alpha channel.
_ALPHA_IS_OFTEN_UNUSED = frozenset({"BMP", "DIB", "TGA"})

_BY_COLOUR = frozenset({"L", "RGB", "I", "I;16", "I;16B", "I;16L"})


def lay_on(
    image: Image, colour: tuple[int, int, int], see_through: Image | None
) -> tuple[Image, bool]:
    """Lay a picture on a plain colour.

    Args:
        image: loaded, of 8 bits a channel.
        colour: red, green and blue, each 0..255.
        see_through: of mode L and the same size, 0 where the picture is transparent by its colour,
            else 255; None where it is not.

    Returns:
        The picture as RGB, and whether it is transparent everywhere.
    """
    from PIL import Image as Pillow

    if see_through is None and not image.has_transparency_data:
        return image.convert("RGB"), False
    if see_through is None:
        whole = image.convert("LA") if image.mode == "La" else image
        layer = whole.convert("RGBA")
    else:
        layer = image.convert("RGB")
        layer.putalpha(see_through)
    least, most = layer.getchannel("A").getextrema()
    unused = most == 0 and image.format in _ALPHA_IS_OFTEN_UNUSED
    if least == 255 or unused:  # noqa: PLR2004
        return layer.convert("RGB"), False
    ground = Pillow.new("RGBA", image.size, (*colour, 255))
    ground.alpha_composite(layer)
    return ground.convert("RGB"), most == 0


def transparent_by_colour(image: Image, raw_mode: str) -> Image | None:
    """Find the pixels of the one colour that a gray or RGB picture calls transparent.

    Of 16 bits in each of three channels Pillow keeps the upper 8, so that all colours alike in
    these are transparent.

    Args:
        image: loaded, as Pillow gives it.
        raw_mode: how the file holds it, as Pillow calls it.

    Returns:
        A mask of mode L, 0 where the picture is transparent; None where it names no such colour, or
        is of a kind that Pillow itself makes transparent.
    """
    from PIL import Image as Pillow

    colour = image.info.get("transparency")
    if colour is None or image.mode not in _BY_COLOUR:
        return None
    values = np.asarray(image)
    wanted = np.atleast_1d(colour)
    if values.ndim == 3 and ";16" in raw_mode:  # noqa: PLR2004
        wanted = wanted >> 8
    elif values.dtype == np.uint8:
        wanted = (wanted & 255) * {"L;2": 85, "L;4": 17}.get(raw_mode, 1)
    chosen = (values.reshape(*values.shape[:2], -1) == wanted).all(axis=2)
    return Pillow.fromarray(np.where(chosen, 0, 255).astype(np.uint8))
