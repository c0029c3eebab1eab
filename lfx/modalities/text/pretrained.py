"""transformers models from a folder of pretrained weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from lfx.modalities.text.description import shape_of
from lfx.modalities.transformers_folder import load_from_folder
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def load_backbone(folder: Path, max_length: int) -> nn.Module:
    """Load a model without its head, in full precision.

    Args:
        folder: as `save_pretrained` leaves it.
        max_length: longest text in tokens.

    Raises:
        ConfigError: the model reads shorter texts only.
        WeightsError: the folder holds no model, or not all of one.
    """
    backbone = load_from_folder(folder, shape_of, "text encoder")
    check_length(backbone, max_length)
    return backbone


def check_length(backbone: nn.Module, max_length: int) -> None:
    """Refuse longer texts than the model has positions for.

    Raises:
        ConfigError: says how many there are.
    """
    positions = getattr(getattr(backbone, "embeddings", None), "position_embeddings", None)
    if not isinstance(positions, nn.Embedding):
        return
    # RoBERTa counts positions from the padding id onwards.
    skipped = 0 if positions.padding_idx is None else positions.padding_idx + 1
    longest = positions.num_embeddings - skipped
    if max_length > longest:
        raise ConfigError(
            f"encoder.max_length={max_length}: the model reads {longest} tokens at the most"
        )
