"""What a checkpoint may say of an image encoder, and which arguments an architecture takes."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

from torch import nn

from lfx.modalities.description import LARGEST_ARGUMENT, LONGEST_NAME, choice, require_fields
from lfx.runtime.errors import ConfigError
from lfx.runtime.fields import Field, is_integer, is_list_of, is_number, is_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST_SIDE = 4096  # pixels
# Constructor's arguments that are no shape: what lfx gives itself, and what reads files.
_NOT_FOR_SETTINGS = {
    "num_classes",
    "in_chans",
    "pretrained",
    "features_only",
    "out_indices",
    "device",
    "dtype",
}


def check_image_description(description: Mapping[str, Any]) -> None:
    """Refuse a description of an image encoder with a field of the wrong type or range.

    Raises:
        WeightsError: lists all such fields.
    """
    require_fields(description, _IMAGE)


def check_architecture_args(architecture: str, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments of a timm architecture that are no integers of its own constructors.

    Args:
        architecture: timm's name of it, which timm knows.
        arguments: name → value.

    Raises:
        ConfigError: names them, and what is allowed.
    """
    allowed = _constructor_arguments(architecture)
    wrong = [
        f"{shown(name)[1:-1]}={shown(value)}"
        for name, value in arguments.items()
        if name not in allowed or not is_integer(value, -1, LARGEST_ARGUMENT)
    ]
    if wrong:
        raise ConfigError(
            f"encoder.architecture_args: {architecture} cannot be built with {', '.join(wrong)}; "
            f"allowed: integers up to {LARGEST_ARGUMENT} for {', '.join(sorted(allowed))}"
        )


def _constructor_arguments(architecture: str) -> set[str]:
    """Name the arguments that the classes of an architecture's module take as integers."""
    from timm.models import model_entrypoint

    module = sys.modules[model_entrypoint(architecture).__module__]
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, nn.Module)
    ]
    names = set()
    for kind in kinds:
        if kind.__module__ == module.__name__:
            for name, parameter in inspect.signature(kind).parameters.items():
                if parameter.default is None or isinstance(parameter.default, int | tuple):
                    names.add(name)
    return names - _NOT_FOR_SETTINGS


_IMAGE = {
    "architecture": Field("a string", lambda value: is_text(value) and len(value) < LONGEST_NAME),
    "architecture_args": Field("named integers", lambda value: isinstance(value, dict)),
    "image_size": Field(
        f"an integer from 1 to {_LARGEST_SIDE}", lambda value: is_integer(value, 1, _LARGEST_SIDE)
    ),
    "resize": choice("squash", "crop"),
    "mean": Field("three numbers", lambda value: is_list_of(value, is_number, 3)),
    "std": Field(
        "three numbers above 0",
        lambda value: is_list_of(value, lambda one: is_number(one, 1e-9), 3),
    ),
}
