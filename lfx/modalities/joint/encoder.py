"""An encoder for each part of a sample, and what joins their features."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lfx.modalities.encoder import Encoder, Rates
from lfx.modalities.joint.batch import content_of, present_key, rows_key
from lfx.modalities.joint.description import describe_fusion, describe_part
from lfx.modalities.joint.encoded import encoded_features, encoded_tokens
from lfx.modalities.joint.modality_dropout import drop_parts
from lfx.modalities.joint.parts import EncodedPart, Widths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lfx.modalities.joint.fusion import FusionModule, JointFusion

# Batch normalisation has no variance to estimate in fewer rows.
_FEWEST = 2


class JointEncoder(Encoder):
    """Encodes each part of a sample that is there, and joins what comes out.

    Names stand in the order of the alphabet: how parts are ordered elsewhere changes nothing.

    Args:
        parts: name → encoder; what is trainable in it is chosen already.
        fusion: the settings of what joins their features.
        modality_dropout: probability with which a part of a training sample is dropped.
        rates: name → learning rate and weight decay; who is not named has the optimizer's.
        classes: name → dotted path of the class that restores the part's encoder.
    """

    def __init__(
        self,
        parts: Mapping[str, Encoder],
        fusion: JointFusion,
        *,
        modality_dropout: float = 0.0,
        rates: Mapping[str, tuple[float, float]] | None = None,
        classes: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.names = sorted(parts)
        self.parts = nn.ModuleDict({name: parts[name] for name in self.names})
        self.fusion, self.modality_dropout = fusion, modality_dropout
        self.part_rates, self.part_classes = dict(rates or {}), dict(classes)
        self.joining: FusionModule = fusion.build(
            {name: _widths(parts[name], tokens=fusion.reads_tokens) for name in self.names}
        )
        self.features, self.flags = self.joining.features, self.joining.flags

    def part(self, name: str) -> Encoder:
        """Return the encoder of a part."""
        return cast("Encoder", self.parts[name])

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode a joint batch (`lfx.modalities.joint.batch`) to (samples, features)."""
        given = torch.stack([batch[present_key(name)] for name in self.names], dim=1)
        present = drop_parts(given, self.modality_dropout) if self.training else given
        parts = {
            name: self._encoded(name, batch, present[:, place])
            for place, name in enumerate(self.names)
        }
        features: Tensor = self.joining(parts)
        return features

    def encode_part(self, name: str, batch: dict[str, Tensor]) -> Tensor:
        """Encode one part of a joint batch to (samples, features), 0 where it is missing."""
        return self._encoded(name, batch, batch[present_key(name)], tokens=False).features

    def _encoded(
        self, name: str, batch: dict[str, Tensor], present: Tensor, *, tokens: bool | None = None
    ) -> EncodedPart:
        given, rows, encoder = batch[present_key(name)], batch.get(rows_key(name)), self.part(name)
        if rows is None:
            nothing = torch.zeros(len(given), encoder.features, device=given.device)
            return EncodedPart(nothing, present, given)
        content, samples = content_of(batch, name), len(given)
        with _statistics_kept(encoder, when=self.training and len(rows) < min(_FEWEST, samples)):
            if tokens is None and self.fusion.reads_tokens:
                vectors = encoded_tokens(content) or encoder.encode(content)
            else:
                features = encoded_features(content)
                features = encoder(content) if features is None else features
                return EncodedPart(_placed(features, rows, samples), present, given)
        features, of_tokens, mask = (_placed(one, rows, samples) for one in vectors)
        return EncodedPart(features, present, given, of_tokens, mask)

    def description(self) -> dict[str, Any]:
        """Return the descriptions of the parts, and the settings of what joins them."""
        return {
            "parts": {
                name: describe_part(self.part_classes[name], self.part(name).description())
                for name in self.names
            },
            "fusion": describe_fusion(self.fusion),
            "modality_dropout": self.modality_dropout,
        }

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return the blocks of all parts, those alike far from the end together, and the joint."""
        each = [self.part(name).blocks() for name in self.names]
        most = max(map(len, each))
        together = [
            [
                parameter
                for blocks in each
                for parameter in (blocks[-back] if back <= len(blocks) else ())
            ]
            for back in range(most, 0, -1)
        ]
        joining = list(self.joining.parameters())
        return [*together, joining] if joining else together

    def rates(self, learning_rate: float, weight_decay: float) -> list[Rates]:
        """Return how each part is trained, and what joins them by the optimizer's own rates."""
        default = (learning_rate, weight_decay)
        parts = [Rates(self.part(name), *self.part_rates.get(name, default)) for name in self.names]
        return [*parts, Rates(self.joining, *default)]

    def build_head(self, build: Callable[[int], nn.Module]) -> nn.Module:
        """Build the head, or the heads, that the joined features need."""
        return self.joining.build_head(build)


def _widths(encoder: Encoder, *, tokens: bool) -> Widths:
    return Widths(encoder.features, encoder.token_features if tokens else encoder.features)


def _placed(values: Tensor, rows: Tensor, samples: int) -> Tensor:
    """Put the values of some rows into their places among all samples, and 0 elsewhere.

    Args:
        values: (rows, …).
        rows: (rows,) positions.
        samples: how many there are.

    Returns:
        (samples, …); the values themselves where every sample has one.
    """
    if len(rows) == samples:
        return values
    return values.new_zeros(samples, *values.shape[1:]).index_copy(0, rows, values)


@contextmanager
def _statistics_kept(module: nn.Module, *, when: bool) -> Iterator[None]:
    """Run batch normalisation by its running statistics for once: a single row has none."""
    normalising = [
        part for part in module.modules() if when and isinstance(part, _BatchNorm) and part.training
    ]
    for part in normalising:
        part.eval()
    try:
        yield
    finally:
        for part in normalising:
            part.train()
