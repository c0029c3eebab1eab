"""Filling the transparent pixels of images with one colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

# Files of these formats may have an alpha channel of zeros that nothing was written to.
_ALPHA_IS_OFTEN_UNUSED = frozenset({"BMP", "DIB", "TGA"})

_OPAQUE = 255

_BY_COLOUR = frozenset({"L", "RGB", "I", "I;16", "I;16B", "I;16L"})


def fill_transparent(
    image: Image, colour: tuple[int, int, int], alpha: Image | None
) -> tuple[Image, bool]:
    """Fill the transparent pixels of an image with a colour.

    Args:
        image: loaded, of 8 bits per channel.
        colour: red, green and blue, each 0..255.
        alpha: from `transparent_by_colour`.

    Returns:
        The image as RGB, and whether all of it is transparent.
    """
    from PIL import Image as Pillow

    if alpha is None and not image.has_transparency_data:
        return image.convert("RGB"), False
    if alpha is None:
        layer = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    else:
        layer = image.convert("RGB")
        layer.putalpha(alpha)
    least, most = layer.getchannel("A").getextrema()
    unused = most == 0 and image.format in _ALPHA_IS_OFTEN_UNUSED
    if least == _OPAQUE or unused:
        return layer.convert("RGB"), False
    ground = Pillow.new("RGBA", image.size, (*colour, _OPAQUE))
    ground.alpha_composite(layer)
    return ground.convert("RGB"), most == 0


def transparent_by_colour(image: Image, raw_mode: str) -> Image | None:
    """Return a mask of the one colour that a gray or RGB image declares transparent.

    For three channels of 16 bits Pillow keeps the upper 8, so that all colours with these upper
    bits are transparent.

    Args:
        image: loaded by Pillow.
        raw_mode: Pillow's name of the file's pixel format.

    Returns:
        A mask of mode L, 0 where the image is transparent, else 255; None if it declares no such
        colour, or if Pillow applies it itself.
    """
    from PIL import Image as Pillow

    colour = image.info.get("transparency")
    if colour is None or image.mode not in _BY_COLOUR:
        return None
    values = np.asarray(image)
    wanted = np.atleast_1d(colour)
    if image.mode == "RGB" and ";16" in raw_mode:
        wanted = wanted >> 8
    elif values.dtype == np.uint8:
        wanted = (wanted & _OPAQUE) * {"L;2": 85, "L;4": 17}.get(raw_mode, 1)
    chosen = (values.reshape(*values.shape[:2], -1) == wanted).all(axis=2)
    return Pillow.fromarray(np.where(chosen, 0, _OPAQUE).astype(np.uint8))
