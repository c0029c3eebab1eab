"""A small transformer in which the tokens and patches of all parts attend to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from annotated_types import Interval
from torch import Tensor, nn

from lfx.modalities.joint.fusion import FusionModule, JointFusion
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Count, Probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.modalities.joint.parts import EncodedPart, Widths

_SCALE = 0.02  # of vectors that are drawn at first, as transformers draw theirs
_WIDER = 4  # the feed-forward layer, in widths


class CrossAttentionModule(FusionModule):
    """A transformer over one sequence: a learned summary, and the tokens of all parts.

    What is padding, or of a part that may not be read, is never attended to. Tokens have the
    positions that their own encoders gave them, and no others.

    Args:
        parts: name → widths.
        settings: of the transformer.
    """

    def __init__(self, parts: Mapping[str, Widths], settings: CrossAttention) -> None:
        super().__init__()
        width = self.features = settings.width
        self.projections = nn.ModuleDict(
            {
                name: nn.Sequential(nn.LayerNorm(widths.tokens), nn.Linear(widths.tokens, width))
                for name, widths in parts.items()
            }
        )
        self.kinds = nn.ParameterDict({name: _SCALE * torch.randn(width) for name in parts})
        self.summary = nn.Parameter(_SCALE * torch.randn(width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                settings.heads,
                _WIDER * width,
                settings.dropout,
                activation="gelu",
                batch_first=True,
                norm_first=True,
            )
            for _ in range(settings.layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, parts: Mapping[str, EncodedPart]) -> Tensor:
        """Return the summary's vector after the last layer, (samples, width)."""
        samples = len(next(iter(parts.values())).present)
        sequences = [self.summary.expand(samples, 1, -1)]
        masks = [torch.ones(samples, 1, dtype=torch.bool, device=self.summary.device)]
        for name, part in sorted(parts.items()):
            if part.tokens is not None and part.mask is not None:
                sequences.append(self.projections[name](part.tokens) + self.kinds[name])
                masks.append(part.mask & part.present.unsqueeze(1))
        sequence, hidden = torch.cat(sequences, dim=1), ~torch.cat(masks, dim=1)
        for layer in self.layers:
            sequence = layer(sequence, src_key_padding_mask=hidden)
        summary: Tensor = self.norm(sequence[:, 0])
        return summary


@checked
@dataclass(frozen=True, kw_only=True)
class CrossAttention(JointFusion):
    """Tokens of texts, patches of images and so on attend to each other (as in ViLT, Kim 2021).

    Args:
        width: Width that all tokens are projected to, and of what the head sees.
        layers: Layers of the transformer.
        heads: Heads of attention in each layer; they share the width.
        dropout: Dropout within the layers.

    Raises:
        ConfigError: the heads cannot share the width.
    """

    width: Count = 128
    layers: Annotated[int, Interval(ge=1, le=64)] = 2
    heads: Count = 4
    dropout: Probability = 0.1

    def __post_init__(self) -> None:
        """Refuse a width that the heads cannot share."""
        if self.width % self.heads:
            raise ConfigError(
                f"joint.width must be a multiple of joint.heads={self.heads}, got {self.width}"
            )

    @property
    def reads_tokens(self) -> bool:
        """It reads tokens."""
        return True

    def build(self, parts: Mapping[str, Widths]) -> CrossAttentionModule:
        """Build the module."""
        return CrossAttentionModule(parts, self)
