"""Deep pictures, and other formats of plain ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from campaign.case import Case, either, refused, right
from campaign.material import IMAGE, picture, plain_rows
from campaign.results import holds, same_as

if TYPE_CHECKING:
    from pathlib import Path

from campaign.images.drawing import IDS, one, rgb, same_as_pictures, written

_SAME = right(same_as(plain_rows(), IMAGE))


def _deep_cases() -> list[Case]:
    gray = lambda at: picture(at)[..., 0]
    grays = right(same_as_pictures("gray", lambda at: np.repeat(gray(at)[..., None], 3, axis=2)))
    luma = lambda at: np.repeat(np.asarray(rgb(at).convert("L"))[..., None], 3, axis=2)
    grays_of_colours = right(same_as_pictures("luma", luma))
    save = lambda pixels, file, **options: Image.fromarray(pixels).save(file, **options)
    return [
        written("gray8", ".png", lambda at, file: save(gray(at), file), grays),
        written(
            "gray16_png",
            ".png",
            lambda at, file: save(gray(at).astype(np.uint16) * 257, file),
            grays,
        ),
        written(
            "gray16_tiff",
            ".tif",
            lambda at, file: save(gray(at).astype(np.uint16) * 257, file),
            grays,
        ),
        written(
            "int32_tiff",
            ".tif",
            lambda at, file: save(gray(at).astype(np.int32) * 257, file),
            grays,
        ),
        written(
            "float_tiff",
            ".tif",
            lambda at, file: save((gray(at) / 255).astype(np.float32), file),
            grays,
        ),
        one(
            "float_tiff_nan",
            lambda file: save(np.full((12, 12), np.nan, np.float32), file),
            refused("s003"),
            ".tif",
        ),
        one(
            "float_tiff_inf",
            lambda file: save(np.full((12, 12), np.inf, np.float32), file),
            refused("s003"),
            ".tif",
        ),
        one(
            "float_tiff_negative",
            lambda file: save(
                np.linspace(-1e30, 1e30, 144, dtype=np.float32).reshape(12, 12), file
            ),
            either(right(holds(IDS)), refused("s003")),
            ".tif",
        ),
        written(
            "bilevel", ".png", lambda at, file: rgb(at).convert("1").save(file), right(holds(IDS))
        ),
        written(
            "cmyk",
            ".jpg",
            lambda at, file: rgb(at).convert("CMYK").save(file, quality=95),
            right(holds(IDS)),
        ),
        written("bmp", ".bmp", lambda at, file: rgb(at).save(file), _SAME),
        written("tiff", ".tif", lambda at, file: rgb(at).save(file), _SAME),
        written("webp", ".webp", lambda at, file: rgb(at).save(file, lossless=True), _SAME),
        written("ppm", ".ppm", lambda at, file: rgb(at).save(file), _SAME),
        written("png_called_jpg", ".jpg", lambda at, file: rgb(at).save(file, "PNG"), _SAME),
        written("png_called_heic", ".heic", lambda at, file: rgb(at).save(file, "PNG"), _SAME),
        written("png_without_ending", "", lambda at, file: rgb(at).save(file, "PNG"), _SAME),
        written(
            "animated_gif",
            ".gif",
            lambda at, file: (
                rgb(at)
                .convert("L")
                .save(file, save_all=True, append_images=[rgb(at + 1).convert("L")])
            ),
            grays_of_colours,
        ),
        written("exif_turned", ".png", _turned, _SAME),
    ]


def _turned(number: int, file: Path) -> None:
    """Write a picture lying on its side, with the note that turns it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(picture(number)).copy()).save(file, exif=exif)


CASES = [*_deep_cases()]
