"""transformers models from a folder of pretrained weights."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers import AutoConfig, AutoModel
from transformers.utils import logging as noise

from lfx.modalities.text.description import shape_of
from lfx.runtime.errors import ConfigError, WeightsError, in_one_line, name_some

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
    options = {
        # A checkpoint's own dtype may be half precision; training wants full.
        "dtype": torch.float32,
        "local_files_only": True,
        "output_loading_info": True,
        # No code of the folder runs: none in files of Python, none in a pickle.
        "trust_remote_code": False,
        "weights_only": True,
    }
    try:
        with _quiet():
            # Of the folder's configuration the model's shape alone: not which code it runs on.
            stored = AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            shape = shape_of(stored.to_dict())
            options["config"] = AutoConfig.for_model(shape.pop("model_type"), **shape)
            try:
                backbone, info = AutoModel.from_pretrained(
                    folder, add_pooling_layer=False, **options
                )
            except TypeError:  # an architecture that never has a pooling layer
                backbone, info = AutoModel.from_pretrained(folder, **options)
    except WeightsError as error:
        raise WeightsError(f"{folder} holds no text encoder: {error}") from error
    except Exception as error:  # each way of being damaged has its own
        raise WeightsError(f"{folder} is no transformers model: {in_one_line(error)}") from error
    missing = sorted(info["missing_keys"])
    if missing:  # transformers would leave them random
        raise WeightsError(f"{folder} lacks {len(missing)} tensors: {name_some(missing, most=3)}")
    check_length(backbone, max_length)
    loaded: nn.Module = backbone
    return loaded


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
