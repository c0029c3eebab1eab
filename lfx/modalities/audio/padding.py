"""Padding that changes nothing in transformers' models of waveforms.

They are told which frames are padding, and attend to none of these. But group normalisation, after
the first convolution, and convolutions over the frames, in their layers, read them all the same.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lfx.modalities.pooling import length_mask


class Padding:
    """Keeps a model's normalisation and convolutions from reading padding.

    Args:
        model: of waveforms; its group normalisation is replaced, with the same parameters, and
            convolutions over frames read zeros in padding, as they do beyond a recording's end.
    """

    def __init__(self, model: Any) -> None:
        self._frames: Tensor | None = None
        first = model.feature_extractor.conv_layers[0]
        self._norm: MaskedGroupNorm | None = None
        if isinstance(getattr(first, "layer_norm", None), nn.GroupNorm):
            first.layer_norm = self._norm = MaskedGroupNorm(first.layer_norm)
        for name, part in model.named_modules():
            is_over_frames = isinstance(part, nn.Conv1d) and part.kernel_size[0] > 1
            if is_over_frames and not name.startswith("feature_extractor"):
                part.register_forward_pre_hook(self._silence)

    def expect(self, normalised: Tensor, frames: Tensor) -> None:
        """Take the lengths of the next batch.

        Args:
            normalised: (batch,) of each recording after the first convolution.
            frames: (batch,) after all convolutions.
        """
        self._frames = frames
        if self._norm is not None:
            self._norm.counts = normalised

    def _silence(self, part: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        del part
        hidden, *others = inputs
        if self._frames is None:
            return inputs
        mask = length_mask(self._frames, hidden.shape[2]).unsqueeze(1)
        return (hidden * mask.to(hidden.dtype), *others)


class MaskedGroupNorm(nn.Module):
    """Normalises each channel over time, over the frames of a recording alone.

    Args:
        norm: what it stands for, of one group a channel; its parameters are taken over.

    Attributes:
        counts: (batch,) frames of each recording in what is normalised next; None: all.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        self.counts: Tensor | None = None

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise (batch, channels, frames)."""
        counts = self.counts
        if counts is None:
            counts = torch.full_like(hidden[:, 0, 0], hidden.shape[2])
        with torch.autocast(hidden.device.type, enabled=False):
            return masked_group_norm(hidden.float(), counts, self.weight, self.bias, self.eps)


def masked_group_norm(
    hidden: Tensor, counts: Tensor, weight: Tensor, bias: Tensor, eps: float
) -> Tensor:
    """Normalise each channel over the frames that are no padding.

    Args:
        hidden: (batch, channels, frames).
        counts: (batch,) frames of each, one or more.
        weight: (channels,).
        bias: (channels,).
        eps: is added to the variance.

    Returns:
        (batch, channels, frames).
    """
    mask = length_mask(counts, hidden.shape[2]).unsqueeze(1).to(hidden.dtype)
    total = counts.view(-1, 1, 1).to(hidden.dtype)
    mean = (hidden * mask).sum(dim=2, keepdim=True) / total
    variance = ((hidden - mean).square() * mask).sum(dim=2, keepdim=True) / total
    normalised = (hidden - mean) * torch.rsqrt(variance + eps)
    return normalised * weight.view(1, -1, 1) + bias.view(1, -1, 1)
