"""Loading a transformers model from a folder: its shape and its tensors, and nothing that runs."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from transformers import CONFIG_MAPPING, AutoConfig, AutoModel
from transformers.utils import logging as noise

from lfx.modalities.transformers_shape import NOT_OF_SHAPE
from lfx.runtime.errors import WeightsError, in_one_line, name_some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from torch import nn

_MOST_BYTES = 2**22


def load_from_folder(
    folder: Path,
    shape_of: Callable[[Mapping[str, Any]], dict[str, Any]],
    what: str,
    unneeded: tuple[str, ...] = (),
) -> nn.Module:
    """Load a model without its head, in full precision.

    Args:
        folder: as `save_pretrained` leaves it.
        shape_of: takes from a configuration what shapes the model, and refuses other models.
        what: the kind of model, for messages.
        unneeded: prefixes of tensors that may be missing.

    Raises:
        WeightsError: the folder holds no such model, or not all of one.
    """
    options: dict[str, Any] = {
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
            shape = shape_of(_read_config(folder))
            options["config"] = AutoConfig.for_model(shape.pop("model_type"), **shape)
            try:
                model, info = AutoModel.from_pretrained(folder, add_pooling_layer=False, **options)
            except TypeError:  # an architecture that never has a pooling layer
                model, info = AutoModel.from_pretrained(folder, **options)
    except WeightsError as error:
        raise WeightsError(f"{folder} holds no {what}: {error}") from error
    except Exception as error:  # each way of being damaged has its own
        raise WeightsError(f"{folder} is no transformers model: {in_one_line(error)}") from error
    missing = sorted(name for name in info["missing_keys"] if not name.startswith(unneeded))
    if missing:  # transformers would leave them random
        raise WeightsError(f"{folder} lacks {len(missing)} tensors: {name_some(missing, most=3)}")
    loaded: nn.Module = model
    return loaded


def _read_config(folder: Path) -> dict[str, Any]:
    """Read a model's configuration, with the names and defaults of its type.

    Not by transformers, which makes a name for each of the labels that a file claims to have, and
    looks for code.
    """
    with (folder / "config.json").open("rb") as stream:
        stored = json.loads(stream.read(_MOST_BYTES))
    plain = {key: value for key, value in stored.items() if key not in NOT_OF_SHAPE}
    name = plain.pop("model_type", None)
    if not isinstance(name, str) or name not in CONFIG_MAPPING:
        return {"model_type": name}
    typed: dict[str, Any] = CONFIG_MAPPING[name](**plain).to_dict()
    return typed | {"model_type": name}


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
