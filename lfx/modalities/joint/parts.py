"""The parts of a joint model: their names, their widths, and what their encoders give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lfx.runtime.fields import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"[A-Za-z0-9_-]+")
# The head on the joint features has this name among the heads of the parts.
JOINT = "joint"


@dataclass(frozen=True)
class Widths:
    """How wide the vectors of a part are.

    Attributes:
        features: of the vector that its encoder gives for a sample.
        tokens: of the vectors of its tokens.
    """

    features: int
    tokens: int


@dataclass(frozen=True)
class EncodedPart:
    """What the encoder of a part gives for a batch, some of whose samples may lack the part.

    Attributes:
        features: (samples, features), 0 for samples that lack the part.
        present: (samples,) bool, whether the part may be read: the sample has it, and modality
            dropout has not dropped it.
        given: (samples,) bool, whether the sample has the part, dropped or not.
        tokens: (samples, tokens, width); None where they are not asked for, or no sample has any.
        mask: (samples, tokens) bool, true at tokens of samples that have the part.
    """

    features: Tensor
    present: Tensor
    given: Tensor
    tokens: Tensor | None = None
    mask: Tensor | None = None

    def features_or(self, missing: Tensor | float) -> Tensor:
        """Return (samples, features), with another vector where the part may not be read.

        Args:
            missing: (features,), or one number.
        """
        return torch.where(self.present.unsqueeze(1), self.features, missing)


def part_name_problems(names: Iterable[str]) -> list[str]:
    """Return a sentence for each name that a part of a joint model cannot have.

    Parts are modules: their names become those of weights.

    Example:
        >>> part_name_problems(["text", "image_2"])
        []
        >>> part_name_problems(["values"])[0].partition(";")[0]
        "a part of a joint model cannot be called 'values'"
    """
    return [
        f"a part of a joint model cannot be called {shown(name)}; allowed are letters, digits, _ "
        f"and -, but no words that PyTorch's containers use; call it otherwise, and name the "
        "column that it reads: modality.inputs.NAME.column=COLUMN"
        for name in names
        if not _NAME.fullmatch(name) or name == JOINT or _is_taken(name)
    ]


def _is_taken(name: str) -> bool:
    return any(hasattr(container, name) for container in (nn.ModuleDict, nn.ParameterDict))
