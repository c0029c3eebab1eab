"""transformers models from a folder of pretrained weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
<<<<<<< HEAD

from lfx.modalities.text.description import shape_of
from lfx.modalities.transformers_folder import load_from_folder
from lfx.runtime.errors import ConfigError
=======
from transformers import AutoConfig, AutoModel

from lfx.modalities.text.description import shape_of
from lfx.modalities.transformers_messages import quiet_transformers
from lfx.runtime.errors import ConfigError, WeightsError, in_one_line, name_some
>>>>>>> db4d85e (What shapes a transformers model stands in one place, for encoders of texts and of audio)

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
<<<<<<< HEAD
    backbone = load_from_folder(folder, shape_of, "text encoder")
=======
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
        with quiet_transformers():
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
>>>>>>> db4d85e (What shapes a transformers model stands in one place, for encoders of texts and of audio)
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
