"""What every encoder is to the rest of lfx."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence


class Encoder(nn.Module, ABC):
    """Turns a batch into feature vectors.

    Attributes:
        features: width of the feature vectors.
    """

    features: int

    @abstractmethod
    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode a batch.

        Args:
            batch: what `lfx.data.batches` makes; each encoder reads its own keys.

        Returns:
            (batch, features) float.
        """

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """Give plain values from which the architecture, without weights, can be built again."""

    @abstractmethod
    def blocks(self) -> list[list[nn.Parameter]]:
        """Give the parameters from input to output, block by block."""


def choose_trainable(encoder: Encoder, part: str, last: int) -> None:
    """Freeze all parameters but those of the chosen part.

    Args:
        encoder: whose parameters are frozen.
        part: `nothing`, `last_blocks` or `everything`.
        last: how many of the last blocks are trained; for `last_blocks`.

    Raises:
        ValueError: the part is unknown.
    """
    if part not in {"nothing", "last_blocks", "everything"}:
        raise ValueError(f"part: nothing, last_blocks or everything, got {part!r}")
    encoder.requires_grad_(part == "everything")
    if part == "last_blocks":
        for block in encoder.blocks()[-last:]:
            for parameter in block:
                parameter.requires_grad = True


def set_training_mode(module: nn.Module) -> None:
    """Put a module in training mode, and what is frozen in it in evaluation mode.

    Frozen batch normalisation then keeps its statistics and frozen dropout is off. A module is
    frozen when it has parameters and none of them is trained.
    """
    module.train()
    _freeze_modes(module)


def _freeze_modes(module: nn.Module) -> None:
    parameters: Sequence[nn.Parameter] = list(module.parameters())
    if parameters and not any(parameter.requires_grad for parameter in parameters):
        module.eval()
        return
    for child in module.children():
        _freeze_modes(child)
