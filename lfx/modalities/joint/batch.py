"""A joint batch: the batches of all parts in one flat mapping of tensors.

`NAME/KEY` is what the part NAME collates as KEY, over the samples that have the part;
`NAME:rows` (rows,) are their positions in the batch, and `NAME:present` (samples,) bool says which
they are. Of a part that no sample of the batch has, there is `NAME:present` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lfx.modalities.modality import Inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lfx.modalities.modality import Collate

# Lengths of different parts are counted in thousandths of the part's mean length.
_THOUSANDTHS = 1000


def present_key(name: str) -> str:
    """Return the key of which samples have a part."""
    return f"{name}:present"


def rows_key(name: str) -> str:
    """Return the key of the positions of the samples that have a part."""
    return f"{name}:rows"


def content_of(batch: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return a part's own batch, as its encoder reads it."""
    prefix = f"{name}/"
    return {
        key.removeprefix(prefix): value for key, value in batch.items() if key.startswith(prefix)
    }


@dataclass(frozen=True)
class PartInputs:
    """Where a part's batches come from.

    Attributes:
        inputs: of the samples that have the part.
        places: (samples,) the place of each sample among these; -1: it lacks the part.
    """

    inputs: Inputs
    places: npt.NDArray[np.int64]


class JointCollate:
    """Makes joint batches from the parts' own.

    Args:
        parts: name → where its batches come from.
    """

    def __init__(self, parts: Mapping[str, PartInputs]) -> None:
        self.parts = dict(sorted(parts.items()))

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return the batch of some samples; all first views come first."""
        batch: dict[str, Tensor] = {}
        for name, part in self.parts.items():
            places = part.places[positions]
            present = np.tile(places >= 0, views)
            batch[present_key(name)] = torch.from_numpy(present)
            if not present.any():
                continue
            batch[rows_key(name)] = torch.from_numpy(np.flatnonzero(present))
            content = part.inputs.collate(places[places >= 0].tolist(), epoch, views)
            batch |= {f"{name}/{key}": value for key, value in content.items()}
        return batch

    def reading(self, name: str, collate: Collate) -> JointCollate:
        """Return the same with another collate of a part."""
        part = self.parts[name]
        inputs = replace(part.inputs, collate=collate)
        return JointCollate({**self.parts, name: replace(part, inputs=inputs)})


def joint_lengths(parts: Mapping[str, PartInputs]) -> Sequence[int]:
    """Return the length of each sample, by which batches are made of samples of like length.

    Parts count in units of their own: tokens, seconds. So each length is taken relative to the mean
    of its part, and those of a sample's parts are summed.

    Args:
        parts: name → where its batches come from.

    Returns:
        (samples,) lengths; of one part alone, the part's own.
    """
    if len(parts) == 1:
        (only,) = parts.values()
        if (only.places >= 0).all():
            return only.inputs.lengths
    total = np.zeros(len(next(iter(parts.values())).places))
    for _, part in sorted(parts.items()):
        lengths = np.asarray(part.inputs.lengths, dtype=np.float64)
        has = part.places >= 0
        if has.any():
            total[has] += lengths[part.places[has]] / max(lengths.mean(), 1e-9)
    counted: list[int] = np.maximum(1, np.rint(_THOUSANDTHS * total)).astype(np.int64).tolist()
    return counted
