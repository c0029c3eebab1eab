"""transformers models from a folder of pretrained weights."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers import AutoModel
from transformers.utils import logging as noise

from lfx.runtime.errors import ConfigError, WeightsError, name_some

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    # A checkpoint's own dtype may be half precision; training wants full.
    options = {"dtype": torch.float32, "local_files_only": True, "output_loading_info": True}
    try:
        with _quiet():
            try:
                backbone, info = AutoModel.from_pretrained(
                    folder, add_pooling_layer=False, **options
                )
            except TypeError:  # an architecture that never has a pooling layer
                backbone, info = AutoModel.from_pretrained(folder, **options)
    except Exception as error:  # each way of being damaged has its own
        raise WeightsError(f"{folder} is no transformers model: {in_one_line(error)}") from error
    missing = sorted(info["missing_keys"])
    if missing:  # transformers would leave them random
        raise WeightsError(f"{folder} lacks {len(missing)} tensors: {name_some(missing, most=3)}")
    _check_length(backbone, max_length)
    loaded: nn.Module = backbone
    return loaded


def _check_length(backbone: nn.Module, max_length: int) -> None:
    """Refuse longer texts than the model has positions for."""
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from printing a bar and a report of the tensors that it passes over."""
    verbosity, bar = noise.get_verbosity(), noise.is_progress_bar_enabled()
    noise.set_verbosity_error()  # type: ignore[no-untyped-call]
    noise.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        noise.set_verbosity(verbosity)
        if bar:
            noise.enable_progress_bar()  # type: ignore[no-untyped-call]


def in_one_line(error: BaseException) -> str:
    """Give what a library says of a failure, short enough for a message."""
    return " ".join(str(error).split())[:300] or type(error).__name__
