"""Transparent pixels lie on white, whatever is hidden under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from campaign.case import Case, right
from campaign.material import picture
from campaign.results import holds

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.material import Material
from campaign.images.drawing import IDS, Pixels, same_as_pictures, written


def _with_alpha(number: int, hidden: int) -> Pixels:
    """Give a picture whose left half is transparent, with something hidden under it."""
    pixels = np.dstack([picture(number), np.full((12, 12), 255, np.uint8)])
    pixels[:, :6, 3] = 0
    pixels[:, :6, :3] = hidden
    return pixels


def _laid_on(number: int, ground: int = 255) -> Pixels:
    pixels = picture(number).copy()
    pixels[:, :6] = ground
    return pixels


def _alpha_cases() -> list[Case]:
    """What is transparent lies on white, whatever is hidden under it."""

    def same_as_white(outcome: Any, material: Material) -> str | None:
        return right(same_as_pictures("white", _laid_on))(outcome, material)

    save = lambda pixels, file, **options: Image.fromarray(pixels).save(file, **options)
    return [
        written(
            "alpha_png_over_black",
            ".png",
            lambda at, file: save(_with_alpha(at, 0), file),
            same_as_white,
        ),
        written(
            "alpha_png_over_class",
            ".png",
            lambda at, file: save(_with_alpha(at, (90, 160)[at % 2]), file),
            same_as_white,
        ),
        written(
            "alpha_webp",
            ".webp",
            lambda at, file: save(_with_alpha(at, 0), file, lossless=True, exact=True),
            same_as_white,
        ),
        written(
            "alpha_tiff", ".tif", lambda at, file: save(_with_alpha(at, 77), file), same_as_white
        ),
        written(
            "alpha_on_black_asked",
            ".png",
            lambda at, file: save(_with_alpha(at, 200), file),
            right(holds(IDS)),
        ),
        written(
            "la_png",
            ".png",
            lambda at, file: save(
                np.dstack([picture(at)[..., 0], _with_alpha(at, 0)[..., 3]]), file
            ),
            right(
                same_as_pictures(
                    "white_gray", lambda at: np.repeat(_laid_on(at)[..., :1], 3, axis=2)
                )
            ),
        ),
        written(
            "palette_gif_transparent",
            ".gif",
            _transparent_gif,
            right(same_as_pictures("gif", _gif_on_white)),
        ),
        written(
            "palette_png_transparent",
            ".png",
            _transparent_gif,
            right(same_as_pictures("gif", _gif_on_white)),
        ),
        written(
            "rgb_with_transparent_colour",
            ".png",
            lambda at, file: save(_laid_on(at, 9), file, transparency=(9, 9, 9)),
            same_as_white,
        ),
    ]


def _gray_palette(number: int) -> Pixels:
    return (picture(number)[..., 0] // 16).astype(np.uint8)


def _transparent_gif(number: int, file: Path) -> None:
    indices = _gray_palette(number) % 15 + 1
    indices[:, :6] = 0
    image = Image.fromarray(indices, "P")
    image.putpalette([value for level in range(16) for value in (level * 16,) * 3])
    image.save(file, transparency=0)


def _gif_on_white(number: int) -> Pixels:
    indices = _gray_palette(number) % 15 + 1
    gray = (indices * 16).astype(np.uint8)
    gray[:, :6] = 255
    return np.repeat(gray[..., None], 3, axis=2)


CASES = [*_alpha_cases()]
