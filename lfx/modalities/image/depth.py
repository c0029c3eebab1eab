"""Scaling gray images of more than 8 bits to 8 bits."""

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

# Bits of the ranges that 32-bit integers may use: no image fills 32 bits.
_UNSIGNED_BITS = (8, 16, 32)
# Upper ends of the ranges that floats may use, and how far resampling may exceed them: it is cut.
_FLOAT_TOPS = (1.0, 255.0, 65535.0)
_OVERSHOOT = 0.1


def to_eight_bits(image: Image, raw_mode: str) -> tuple[Image, str | None]:
    """Scale a gray image of more than 8 bits to 8 bits.

    - Integers of 12 and 16 bits are scaled by the range of their type, so that images stay
      comparable: 16 bits lose their lower 8.
    - Signed 16 bits are scaled by -32768..32767 if a value is negative, by 0..255 if all fit, else
      by 0..32767.
    - 32 bits are scaled by the smallest range of 8, 16 or 32 bits that holds the image's values;
      by that of a signed type if a value is negative.
    - Floats are scaled by the smallest of 0..1, 0..255 and 0..65535 that holds the values, which
      may exceed it by a tenth and are cut; else by the image's own minimum and maximum. NaN
      becomes transparent, infinite values black or white.

    Args:
        image: loaded, of one of `DEEP_MODES`.
        raw_mode: Pillow's name of the file's pixel format.

    Returns:
        The image in mode L, or LA if there are NaN; and the range that was assumed, None where the
        type defines it.

    Raises:
        ValueError: no pixel is a number.
    """
    from PIL import Image as Pillow

    values = np.asarray(image)
    holes: npt.NDArray[np.bool_] | None = None
    value_range = None
    if values.dtype.kind == "f":
        holes = np.isnan(values)
        scaled, value_range = _scale_floats(values, holes)
    elif image.mode != "I":
        scaled = _shift(values, 0, 12 if raw_mode.startswith("I;12") else 16)
    else:
        scaled, value_range = _scale_integers(values, image, raw_mode)
    if _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        scaled = 255 - scaled
    gray = Pillow.fromarray(scaled)
    if holes is not None and holes.any():
        gray.putalpha(Pillow.fromarray(np.where(holes, 0, 255).astype(np.uint8)))
    return gray, value_range


def is_signed_byte(image: Image) -> bool:
    """Return whether a TIFF holds signed bytes, which Pillow reads as unsigned."""
    return image.mode == "L" and _tag(image, _SAMPLE_FORMAT) == _SIGNED


def _scale_integers(
    values: npt.NDArray[Any], image: Image, raw_mode: str
) -> tuple[npt.NDArray[np.uint8], str | None]:
    """Scale integers that Pillow holds in 32 bits, of any type in the file."""
    short = raw_mode.startswith("I;16") or image.format == "PPM"  # Pillow scales PPM to 16 bits
    if short and "S" not in raw_mode:
        return _shift(values, 0, 16), None
    if not short and raw_mode.startswith("I;32") and _tag(image, _SAMPLE_FORMAT) != _SIGNED:
        values = values.view(np.uint32) if image.format == "TIFF" else values
    low, high = int(values.min()), int(values.max())
    if low < 0:
        bits = 16 if short else next(n for n in _UNSIGNED_BITS if -low <= 2 ** (n - 1) > high)
        least = -(2 ** (bits - 1))
        value_range = None if short else f"{least}..{-least - 1}"
        return _shift(values, least, bits), value_range
    unsigned = values.dtype.kind == "u"
    widths = (8, 15) if short else (8, 16, 32 if unsigned else 31)
    bits = next(n for n in widths if high < 2**n)
    return _shift(values, 0, bits), f"0..{2**bits - 1}"


def _shift(values: npt.NDArray[Any], least: int, bits: int) -> npt.NDArray[np.uint8]:
    """Return the upper 8 bits of the values' distance from the least value."""
    above = values.astype(np.uint32) - np.uint32(least % 2**32)  # wraps around if signed
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
    if (least, top) == (0.0, _FLOAT_TOPS[-1]):  # the upper 8 of 16 bits, as for integers
        scaled = np.floor(inside / 256)
    else:
        scaled = np.rint((inside - least) / ((top - least) or 1.0) * 255)
    return scaled.astype(np.uint8), f"{least:g}..{top:g}"


def _tag(image: Image, number: int) -> int | None:
    """Return the value of a TIFF's tag, the first if it has several; None without it."""
    tags = getattr(image, "tag_v2", None)
    value = None if tags is None else tags.get(number)
    if isinstance(value, tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) else None
