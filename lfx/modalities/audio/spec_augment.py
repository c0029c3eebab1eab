"""Random changes of training spectrograms: SpecAugment (Park et al., 2019), and an equaliser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from annotated_types import Interval
from torch import Tensor
from torch.nn import functional

from lfx.modalities.pooling import length_mask
from lfx.runtime.checked import checked
from lfx.runtime.settings import Probability, Share

# The equaliser's curve is straight between these many points.
_POINTS = 4

MaskCount = Annotated[int, Interval(ge=0, le=100)]


@checked
@dataclass(frozen=True, kw_only=True)
class SpecAugment:
    """Equaliser, frequency warp and masks of spectrograms; torch's generator draws them.

    Args:
        equaliser: Largest change of a mel band's level, as a share of the dynamic range, by a
            smooth random curve: as another microphone or room would.
        warp: Largest change of the frequencies, as a share of the mel bands either way: as a
            shorter or longer vocal tract would.
        frequency_masks: Number of spans of mel bands that are silenced.
        frequency_width: Widest of them, as a share of the bands.
        time_masks: Number of spans of time that are silenced.
        time_width: Longest of them, as a share of the recording.
    """

    equaliser: Share = 0.13
    warp: Probability = 0.0
    frequency_masks: MaskCount = 0
    frequency_width: Share = 0.15
    time_masks: MaskCount = 0
    time_width: Share = 0.15

    def __call__(self, levels: Tensor, counts: Tensor) -> Tensor:
        """Change a batch of spectrograms, each by what is drawn for it.

        Args:
            levels: (batch, frames, bands) in 0..1, 0 in padding.
            counts: (batch,) frames that are no padding.

        Returns:
            (batch, frames, bands) at least 0, 0 in padding.
        """
        batch, frames, bands = levels.shape

        def draw(*shape: int) -> Tensor:
            return torch.rand(batch, *shape, device=levels.device)

        if self.warp > 0:
            levels = warp_bands(levels, 1 + self.warp * (2 * draw() - 1))
        if self.equaliser > 0:
            levels = equalise(levels, self.equaliser * (2 * draw(_POINTS) - 1))
        for _ in range(self.frequency_masks):
            width = self.frequency_width * bands * draw()
            levels = silence_span(levels, draw() * (bands - width), width, dim=2)
        for _ in range(self.time_masks):
            width = self.time_width * counts * draw()
            levels = silence_span(levels, draw() * (counts - width), width, dim=1)
        return levels * length_mask(counts, frames).unsqueeze(-1)


def equalise(levels: Tensor, points: Tensor) -> Tensor:
    """Add a curve over the bands.

    Args:
        levels: (batch, frames, bands).
        points: (batch, points) of each curve, evenly spaced from the first to the last band.

    Returns:
        (batch, frames, bands) at least 0.

    Example:
        >>> equalise(torch.full((1, 1, 3), 0.5), torch.tensor([[0.0, -1.0]])).tolist()
        [[[0.5, 0.0, 0.0]]]
    """
    curve = functional.interpolate(
        points.unsqueeze(1), size=levels.shape[2], mode="linear", align_corners=True
    )
    return (levels + curve).clamp_min(0.0)


def warp_bands(levels: Tensor, factors: Tensor) -> Tensor:
    """Read each band at another place, between two bands linearly; beyond the last is the last.

    Args:
        levels: (batch, frames, bands).
        factors: (batch,) above 1: what is there moves down.

    Returns:
        (batch, frames, bands).

    Example:
        >>> warp_bands(torch.tensor([[[0.0, 1.0, 2.0, 3.0]]]), torch.tensor([0.5])).tolist()
        [[[0.0, 0.5, 1.0, 1.5]]]
    """
    batch, frames, bands = levels.shape
    if bands == 1:
        return levels
    places = torch.arange(bands, device=levels.device) * factors.unsqueeze(1)
    places = places.clamp(0, bands - 1)
    below = places.floor().clamp_max(bands - 2)
    share = (places - below).unsqueeze(1)
    index = below.long().unsqueeze(1).expand(batch, frames, bands)
    return levels.gather(2, index) * (1 - share) + levels.gather(2, index + 1) * share


def silence_span(levels: Tensor, starts: Tensor, widths: Tensor, dim: int) -> Tensor:
    """Set a span of bands or frames to 0.

    Args:
        levels: (batch, frames, bands).
        starts: (batch,) where each span begins.
        widths: (batch,) of each.
        dim: 1: of frames, 2: of bands.

    Returns:
        (batch, frames, bands).

    Example:
        >>> silence_span(torch.ones(1, 1, 4), torch.tensor([1.0]), torch.tensor([2.0]), 2).tolist()
        [[[1.0, 0.0, 0.0, 1.0]]]
    """
    places = torch.arange(levels.shape[dim], device=levels.device)
    begin, end = starts.unsqueeze(1), (starts + widths).unsqueeze(1)
    inside = (places >= begin) & (places < end)
    return levels.masked_fill(inside.unsqueeze(3 - dim), 0.0)
