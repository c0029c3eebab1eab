"""Image files to RGB: all decoding in lfx goes through here."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from lfx.data.depth import DEEP_MODES, is_signed_byte, to_eight_bits
from lfx.data.pillow_guard import MOST_PIXELS, at_most
from lfx.data.png_texts import without_texts
from lfx.data.transparency import lay_on, transparent_by_colour
from lfx.runtime.colour import parse_colour

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

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
# How files begin that are images even where Pillow does not know their kind.
_BEGINNINGS = {
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "Photoshop file": (b"8BPS",),
    "JPEG XL": (b"\xff\x0a", b"\0\0\0\x0cJXL "),
}
_BRANDS = {"HEIC": (b"heic", b"heix", b"mif1", b"msf1", b"heim"), "AVIF": (b"avif", b"avis")}


@dataclass(frozen=True)
class Decoding:
    """How image files become RGB; part of the key of all that is kept of them.

    Attributes:
        background: what transparent pixels lie on: a colour's name in CSS, or `#rrggbb`.
        max_pixels: a larger picture is refused before it fills the memory.
    """

    background: str = "white"
    max_pixels: int = MOST_PIXELS

    @property
    def colour(self) -> tuple[int, int, int]:
        """What transparent pixels lie on: red, green and blue, each 0..255."""
        return parse_colour(self.background)

    @property
    def key(self) -> list[int]:
        """Name all that shapes what is decoded, and what is refused."""
        return [*self.colour, self.max_pixels]


class Decoded(NamedTuple):
    """A decoded image.

    Attributes:
        image: RGB, upright.
        range: of a picture whose type does not say what its values mean, the range that they were
            taken to lie in, such as `0..1`; None of all others.
        is_blank: whether it is transparent everywhere, so that nothing but the background is left.
    """

    image: Image
    range: str | None = None
    is_blank: bool = False


USUAL = Decoding()


def decode(content: bytes, decoding: Decoding = USUAL) -> Image:
    """Decode an image to RGB, turned as its EXIF data say, on a plain background.

    Raises:
        ValueError: as `decode_fully`.
    """
    return decode_fully(content, decoding).image


def decode_fully(content: bytes, decoding: Decoding = USUAL) -> Decoded:
    """Decode an image, and tell what of it is not beyond doubt.

    Of animations and files of several pages it is the first picture. More than 8 bits a channel are
    scaled to 8 (see `to_eight_bits`), and transparent pixels lie on one colour.

    Raises:
        ValueError: the bytes are no image, not all of one, of a kind that cannot be read, or of
            more pixels than are allowed.
    """
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise ValueError("the file is empty (0 bytes)")
    try:
        with at_most(decoding.max_pixels), Image.open(io.BytesIO(without_texts(content))) as image:
            _refuse_larger(image, decoding.max_pixels)
            raw_mode = _raw_mode(image)
            image.load()
            return _to_rgb(image, raw_mode, decoding)
    except UnidentifiedImageError as error:
        raise ValueError(_unidentified(content)) from error
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"the image is whole but too large ({_count(str(error))} pixels; "
            f"data.max_image_pixels={decoding.max_pixels}); shrink it, or raise the setting"
        ) from error
    except MemoryError as error:
        raise ValueError("the image does not fit into memory; shrink it") from error
    except Exception as error:  # Pillow's decoders raise what they like: struct.error, SyntaxError
        raise ValueError(f"the image is damaged: {error}") from error


def _refuse_larger(image: ImageFile, most: int) -> None:
    from PIL.Image import DecompressionBombError

    pixels = image.width * image.height
    if pixels > most:
        raise DecompressionBombError(f"{pixels} pixels")


def _to_rgb(image: Image, raw_mode: str, decoding: Decoding) -> Decoded:
    mask = transparent_by_colour(image, raw_mode)
    plain, taken = image, None
    if image.mode in DEEP_MODES:
        plain, taken = to_eight_bits(image, raw_mode)
    elif is_signed_byte(image):
        plain = image.point([(value + 128) % 256 for value in range(256)])
    flat, is_blank = lay_on(plain, decoding.colour, mask)
    return Decoded(_upright(flat, image), taken, is_blank)


def _upright(flat: Image, image: Image) -> Image:
    """Turn an image as its EXIF data say.

    Pillow's `exif_transpose` also writes the EXIF data anew, and fails where a camera wrote some
    other tag oddly.
    """
    from PIL.Image import Transpose

    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001, unreadable metadata do not make the picture unreadable
        turn = None
    return flat if turn is None else flat.transpose(Transpose[turn])


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


def _raw_mode(image: Image) -> str:
    """Give what Pillow calls the form of a file's pixels, such as `I;16B`; before they are read."""
    for tile in getattr(image, "tile", ()):
        form = tile[3]
        form = form[0] if isinstance(form, tuple) and form else form
        return form if isinstance(form, str) else ""
    return ""


def _count(message: str) -> str:
    """Find the number of pixels in Pillow's message."""
    return next((word.strip("(") for word in message.split() if word.strip("(").isdigit()), "many")


def _unidentified(content: bytes) -> str:
    """Say what a file is that Pillow does not read."""
    kinds = [kind for kind, known in _BEGINNINGS.items() if content.startswith(known)]
    brand = content[8:12] if content[4:8] == b"ftyp" else b""
    kinds += [kind for kind, brands in _BRANDS.items() if brand in brands]
    if not kinds:
        return "the file is not an image"
    return (
        f"the image is damaged, or a {kinds[0]} of a kind that Pillow cannot read; save it anew as "
        "PNG with 8 bits a channel"
    )
