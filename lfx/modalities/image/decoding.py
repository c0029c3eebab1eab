"""Decoding image files to RGB; all rooms of lfx decode through this module."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from lfx.data.decoding import DEFAULT, Decoding
from lfx.modalities.image.depth import DEEP_MODES, is_signed_byte, to_eight_bits
from lfx.modalities.image.pillow_guard import pixel_limit
from lfx.modalities.image.png_texts import without_texts
from lfx.modalities.image.transparency import fill_transparent, transparent_by_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# EXIF's tag of the camera's orientation, and the operation that turns each value upright.
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
# First bytes of image files, including kinds that Pillow does not know.
_BEGINNINGS = {
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "Photoshop file": (b"8BPS",),
    "JPEG XL": (b"\xff\x0a", b"\0\0\0\x0cJXL "),
}
_BRANDS = {"HEIC": (b"heic", b"heix", b"mif1", b"msf1", b"heim"), "AVIF": (b"avif", b"avis")}


class Decoded(NamedTuple):
    """A decoded image.

    Attributes:
        image: RGB, upright.
        range: the assumed range of its values, such as `0..1`, where the image's type does not
            define it; else None.
        is_blank: whether all of it is transparent, so that only the background is left.
    """

    image: Image
    range: str | None = None
    is_blank: bool = False


class Header(NamedTuple):
    """What an image file says of itself.

    Attributes:
        width: in pixels, before EXIF turns it.
        height: likewise.
        mode: Pillow's name of the pixels' kind, such as `RGB`.
        format: Pillow's name of the file's, such as `JPEG`.
    """

    width: int
    height: int
    mode: str
    format: str


def decode(content: bytes, decoding: Decoding = DEFAULT) -> Image:
    """Decode an image to RGB, upright by its EXIF data, on a plain background.

    Raises:
        ValueError: as `decode_fully`.
    """
    return decode_fully(content, decoding).image


def decode_fully(content: bytes, decoding: Decoding = DEFAULT) -> Decoded:
    """Decode an image to RGB, with what had to be assumed.

    Animations and files of several pages give their first image. More than 8 bits per channel are
    scaled to 8 (see `to_eight_bits`), and transparent pixels get the background's colour.

    Raises:
        ValueError: the bytes are not an image, are incomplete, of a kind that cannot be read, or
            the image has more pixels than allowed.
    """
    with _opened(content, decoding) as image:
        raw_mode = _raw_mode(image)
        image.load()
        return _to_rgb(image, raw_mode, decoding)


def read_header(content: bytes, decoding: Decoding = DEFAULT) -> Header:
    """Read what an image file says of itself, without decoding it.

    Raises:
        ValueError: the bytes are not an image, of a kind that cannot be read, or the image has more
            pixels than allowed.
    """
    with _opened(content, decoding) as image:
        return Header(image.width, image.height, image.mode, str(image.format))


@contextmanager
def _opened(content: bytes, decoding: Decoding) -> Iterator[ImageFile]:
    """Open an image, and turn every error of Pillow's into a sentence."""
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise ValueError("the file is empty (0 bytes)")
    try:
        with (
            pixel_limit(decoding.max_pixels),
            Image.open(io.BytesIO(without_texts(content))) as image,
        ):
            _refuse_larger(image, decoding.max_pixels)
            yield image
    except UnidentifiedImageError as error:
        raise ValueError(_unidentified(content)) from error
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"the image is not damaged but too large ({_pixels(str(error))} pixels; "
            f"data.max_image_pixels={decoding.max_pixels}); shrink it, or raise the setting"
        ) from error
    except MemoryError as error:
        raise ValueError("the image does not fit into memory; shrink it") from error
    except Exception as error:  # Pillow's decoders raise any error: struct.error, SyntaxError
        raise ValueError(f"the image is damaged: {error}") from error


def _refuse_larger(image: ImageFile, most: int) -> None:
    from PIL.Image import DecompressionBombError

    pixels = image.width * image.height
    if pixels > most:
        raise DecompressionBombError(f"{pixels} pixels")


def _to_rgb(image: Image, raw_mode: str, decoding: Decoding) -> Decoded:
    mask = transparent_by_colour(image, raw_mode)
    plain, value_range = image, None
    if image.mode in DEEP_MODES:
        plain, value_range = to_eight_bits(image, raw_mode)
    elif is_signed_byte(image):
        plain = image.point([(value + 128) % 256 for value in range(256)])
    flat, is_blank = fill_transparent(plain, decoding.colour, mask)
    return Decoded(_upright(flat, image), value_range, is_blank)


def _upright(flat: Image, image: Image) -> Image:
    """Turn an image by the orientation in its EXIF data.

    Pillow's `exif_transpose` also rewrites the EXIF data, and fails where another tag is malformed.
    """
    from PIL.Image import Transpose

    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001, unreadable metadata do not make the image unreadable
        turn = None
    return flat if turn is None else flat.transpose(Transpose[turn])


def square(image: Image, size: int, resize: str) -> Image:
    """Return a square image.

    Args:
        image: RGB.
        size: side in pixels.
        resize: `squash` scales each side separately (the paper's 224 x 224); `crop` scales the
            short side and keeps the middle.
    """
    from PIL import Image, ImageOps

    if resize == "squash":
        return image.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)


def _raw_mode(image: Image) -> str:
    """Return Pillow's name of the file's pixel format, such as `I;16B`, before pixels are read."""
    for tile in getattr(image, "tile", ()):
        form = tile[3]
        form = form[0] if isinstance(form, tuple) and form else form
        return form if isinstance(form, str) else ""
    return ""


def _pixels(message: str) -> str:
    """Return the number of pixels in Pillow's message."""
    return next((word.strip("(") for word in message.split() if word.strip("(").isdigit()), "many")


def _unidentified(content: bytes) -> str:
    """Return the message for a file that Pillow cannot read."""
    kinds = [kind for kind, known in _BEGINNINGS.items() if content.startswith(known)]
    brand = content[8:12] if content[4:8] == b"ftyp" else b""
    kinds += [kind for kind, brands in _BRANDS.items() if brand in brands]
    if not kinds:
        return "the file is not an image"
    return (
        f"the image is damaged, or a {kinds[0]} of a kind that Pillow cannot read; save it as PNG "
        "with 8 bits per channel"
    )
