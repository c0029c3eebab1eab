"""Which part of an encoder is trained, and the modes of what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from lfx.modalities.encoder import Encoder

Trainable = Literal["nothing", "last_blocks", "everything"]


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
