"""The settings by which images become RGB; `lfx.modalities.image.decoding` decodes by them."""

from __future__ import annotations

from dataclasses import dataclass

from lfx.runtime.colour import parse_colour

# The number of pixels that Pillow refuses by default.
MOST_PIXELS = 178_956_970


@dataclass(frozen=True)
class Decoding:
    """Settings of decoding to RGB; part of the key of everything that is cached of images.

    Attributes:
        background: colour behind transparent pixels: a colour's name in CSS, or `#rrggbb`.
        max_pixels: larger images are refused before they fill the memory.
    """

    background: str = "white"
    max_pixels: int = MOST_PIXELS

    @property
    def colour(self) -> tuple[int, int, int]:
        """The background's red, green and blue, each 0..255."""
        return parse_colour(self.background)

    @property
    def key(self) -> list[int]:
        """All settings, as part of a cache key."""
        return [*self.colour, self.max_pixels]


DEFAULT = Decoding()
