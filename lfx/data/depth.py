"""Gray pictures of more than 8 bits, to 8 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})

# TIFF's tags: 0 where white is 0; 2 where samples are signed integers.
_PHOTOMETRIC, _SAMPLE_FORMAT = 262, 339
_WHITE_IS_ZERO, _SIGNED = 0, 2

# Bits of the ranges that integers of 32 bits, which no picture fills, may be meant in.
_UNSIGNED_BITS = (8, 16, 32)
# Largest values that floats may be meant in, and how far resampling may lead beyond: it is cut.
_FLOAT_TOPS = (1.0, 255.0, 65535.0)
_OVERSHOOT = 0.1


def to_eight_bits(image: Image, raw_mode: str) -> tuple[Image, str | None]:
    """Scale a deep gray picture to 8 bits.

    Integers of 12 and 16 bits are scaled by the range of their type, so that pictures stay
    comparable: 16 bits lose their lower 8. Signed 16 bits are scaled by -32768..32767 where one is
    negative, otherwise by 0..32767 (by 0..255 where none is above). The range of 32 bits says
    nothing of what a picture means: the smallest range of 8, 16 or 32 bits that holds its values
    is taken, or of the signed types where one is negative. Floats are taken to lie in 0..1, in
    0..255 or in 0..65535, whichever is the smallest that holds them, a tenth beyond being cut; any
    others are scaled by the picture's own least and greatest. Pixels that are NaN become
    transparent, infinite ones black or white.

    Args:
        image: loaded, of one of `DEEP_MODES`.
        raw_mode: how the file holds it, as Pillow calls it.

    Returns:
        The picture of mode L, or LA where there are NaN; and of what has no type's range, the range
        that was taken.

    Raises:
        ValueError: no pixel is a number.
    """
    from PIL import Image as Pillow

    values = np.asarray(image)
    holes: npt.NDArray[np.bool_] | None = None
    taken = None
    if values.dtype.kind == "f":
        holes = np.isnan(values)
        scaled, taken = _scale_floats(values, holes)
    elif image.mode != "I":
        scaled = _shift(values, 0, 12 if raw_mode.startswith("I;12") else 16)
    else:
        scaled, taken = _scale_integers(values, image, raw_mode)
    if _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        scaled = 255 - scaled
    gray = Pillow.fromarray(scaled)
    if holes is not None and holes.any():
        gray.putalpha(Pillow.fromarray(np.where(holes, 0, 255).astype(np.uint8)))
    return gray, taken


def is_signed_byte(image: Image) -> bool:
    """Say whether a TIFF holds signed bytes, which Pillow reads as if they were unsigned."""
    return image.mode == "L" and _tag(image, _SAMPLE_FORMAT) == _SIGNED


def _scale_integers(
    values: npt.NDArray[Any], image: Image, raw_mode: str
) -> tuple[npt.NDArray[np.uint8], str | None]:
    """Scale what Pillow holds in 32 bits, of whatever type it is in the file."""
    short = raw_mode.startswith("I;16") or image.format == "PPM"  # which Pillow scales to 16 bits
    if short and "S" not in raw_mode:
        return _shift(values, 0, 16), None
    if not short and raw_mode.startswith("I;32") and _tag(image, _SAMPLE_FORMAT) != _SIGNED:
        values = values.view(np.uint32) if image.format == "TIFF" else values
    low, high = int(values.min()), int(values.max())
    if low < 0:
        bits = 16 if short else next(n for n in _UNSIGNED_BITS if -low <= 2 ** (n - 1) > high)
        least = -(2 ** (bits - 1))
        taken = None if short else f"{least}..{-least - 1}"
        return _shift(values, least, bits), taken
    unsigned = values.dtype.kind == "u"
    widths = (8, 15) if short else (8, 16, 32 if unsigned else 31)
    bits = next(n for n in widths if high < 2**n)
    return _shift(values, 0, bits), f"0..{2**bits - 1}"


def _shift(values: npt.NDArray[Any], least: int, bits: int) -> npt.NDArray[np.uint8]:
    """Give the upper 8 of the bits above the least value."""
    above = values.astype(np.uint32) - np.uint32(least % 2**32)  # wraps around where it is signed
    return np.asarray(above >> np.uint32(bits - 8), dtype=np.uint8)


def _scale_floats(
    values: npt.NDArray[Any], holes: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.uint8], str]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("no pixel of the image is a number")
    low, high = float(finite.min()), float(finite.max())
    least, top = low, high
    usual = next((limit for limit in _FLOAT_TOPS if high <= (1 + _OVERSHOOT) * limit), None)
    if usual is not None and low >= -_OVERSHOOT * usual:
        least, top = 0.0, usual
    inside = np.clip(np.where(holes, least, values).astype(np.float64), least, top)
    if (least, top) == (0.0, _FLOAT_TOPS[-1]):  # the upper 8 of 16 bits, as of integers
        scaled = np.floor(inside / 256)
    else:
        scaled = np.rint((inside - least) / ((top - least) or 1.0) * 255)
    return scaled.astype(np.uint8), f"{least:g}..{top:g}"


def _tag(image: Image, number: int) -> int | None:
    """Read one of a TIFF's tags, the first value where there are several."""
    tags = getattr(image, "tag_v2", None)
    value = None if tags is None else tags.get(number)
    if isinstance(value, tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) else None
