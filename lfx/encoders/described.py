"""What a checkpoint may say of an encoder: an allow-list of names, and plain values within bounds.

A library's constructors take more than a shape: a file to load, a repository to download code from.
Of a description only what is listed here reaches them.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from torch import nn

from lfx.data.cleaning import Cleaning
from lfx.runtime.errors import ConfigError, WeightsError
from lfx.runtime.fields import (
    Field,
    field_problems,
    is_integer,
    is_list_of,
    is_number,
    is_plain,
    is_text,
    list_problems,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST_SIDE = 4096  # pixels
_LARGEST_ARGUMENT = 65_536
_LARGEST_SETTING = 2**22  # a vocabulary is the largest that models have
_LONGEST_NAME = 200
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
# A transformers configuration's fields that are no shape: numbers of a head that lfx has not, and
# names that lead to other code, files or number types.
_NOT_OF_SHAPE = {
    "architectures",
    "auto_map",
    "dtype",
    "torch_dtype",
    "id2label",
    "is_encoder_decoder",
    "kwargs",
    "label2id",
    "num_labels",
    "problem_type",
    "quantization_config",
    "return_dict",
    "transformers_version",
    "output_hidden_states",
    "output_attentions",
}


def check_image_description(description: Mapping[str, Any]) -> None:
    """Refuse a description of an image encoder with a field of the wrong type or range.

    Raises:
        WeightsError: lists all such fields.
    """
    _refuse(description, _IMAGE)


def check_text_description(description: Mapping[str, Any]) -> None:
    """Refuse a description of a text encoder with a field of the wrong type or range.

    Raises:
        WeightsError: lists all such fields.
    """
    _refuse(description, _TEXT)
    _refuse(description["cleaning"], _CLEANING, "cleaning")


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
        if name not in allowed or not is_integer(value, -1, _LARGEST_ARGUMENT)
    ]
    if wrong:
        raise ConfigError(
            f"encoder.architecture_args: {architecture} cannot be built with {', '.join(wrong)}; "
            f"allowed: integers up to {_LARGEST_ARGUMENT} for {', '.join(sorted(allowed))}"
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


def shape_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Take from a transformers configuration what shapes the model, and leave out all else.

    Args:
        config: as transformers writes it, of a text encoder.

    Returns:
        `model_type`, and the fields that the type's own configuration declares.

    Raises:
        WeightsError: the type is unknown or reads no texts, or a value is no shape.
    """
    from transformers import CONFIG_MAPPING

    name = config.get("model_type")
    if not isinstance(name, str) or name not in CONFIG_MAPPING:
        raise WeightsError(f"transformers has no model type {shown(name)}; for example: bert")
    kind = CONFIG_MAPPING[name]
    known = set(inspect.signature(kind).parameters)
    allowed = (known | {"tie_word_embeddings"}) - _NOT_OF_SHAPE
    require_reads_texts(name, kind)
    kept = {key: value for key, value in config.items() if key in allowed}
    wrong = [
        f"config.{key} is {shown(value)}, allowed: plain values, integers up to {_LARGEST_SETTING}"
        for key, value in kept.items()
        if not _is_setting(value)
    ]
    if wrong:
        raise WeightsError(f"the text encoder's description is wrong:{list_problems(wrong)}")
    return {"model_type": name, **kept}


def require_reads_texts(name: str, kind: type) -> None:
    """Refuse a type of transformers models that is no encoder of texts alone.

    Args:
        name: transformers' model type.
        kind: the class of its configuration.

    Raises:
        WeightsError: it is made of several models (CLIP), reads no tokens (ViT), or also decodes
            (T5).
    """
    if getattr(kind, "sub_configs", None):
        reason = "is made of several models"
    elif not _has_field(kind, "vocab_size"):
        reason = "reads no tokens"
    elif getattr(kind, "is_encoder_decoder", False):
        reason = "is an encoder with a decoder"
    else:
        return
    raise WeightsError(
        f"the model type {name} {reason}; a text encoder is needed, for example: bert, roberta, "
        "distilbert, electra"
    )


def _has_field(kind: type, name: str) -> bool:
    mapped = getattr(kind, "attribute_map", {}).get(name, name)
    declared = {field.name for field in dataclasses.fields(kind)} if _is_record(kind) else set()
    return mapped in declared | set(inspect.signature(kind).parameters)


def _is_record(kind: type) -> bool:
    return dataclasses.is_dataclass(kind)


def _is_setting(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return is_text(value) and len(value) <= _LONGEST_NAME and not set(value) & set("/\\:@")
    if isinstance(value, int):
        return is_integer(value, -1, _LARGEST_SETTING)
    if isinstance(value, float):
        return is_number(value)
    if isinstance(value, dict):
        return is_plain(value) and all(map(_is_setting, value.values()))
    return is_plain(value) and is_list_of(value, _is_setting) and len(value) <= _LARGEST_ARGUMENT


def _refuse(record: Mapping[str, Any], fields: Mapping[str, Field], name: str = "") -> None:
    problems = field_problems(record, fields, name)
    problems += [
        f"{f'{name}.' if name else ''}{shown(key)[1:-1]} is unknown, allowed: {', '.join(fields)}"
        for key in record
        if key not in fields
    ]
    if problems:
        raise WeightsError(f"the encoder's description is wrong:{list_problems(problems)}")


def _choice(*names: str) -> Field:
    return Field(" or ".join(names), lambda value: isinstance(value, str) and value in names)


_BOOLEAN = Field("true or false", lambda value: isinstance(value, bool))
_IMAGE = {
    "architecture": Field("a string", lambda value: is_text(value) and len(value) < _LONGEST_NAME),
    "architecture_args": Field("named integers", lambda value: isinstance(value, dict)),
    "image_size": Field(
        f"an integer from 1 to {_LARGEST_SIDE}", lambda value: is_integer(value, 1, _LARGEST_SIDE)
    ),
    "resize": _choice("squash", "crop"),
    "mean": Field("three numbers", lambda value: is_list_of(value, is_number, 3)),
    "std": Field(
        "three numbers above 0",
        lambda value: is_list_of(value, lambda one: is_number(one, 1e-9), 3),
    ),
}
_TEXT = {
    "config": Field("named values", lambda value: isinstance(value, dict)),
    "pooling": _choice("mean", "first"),
    "tokenizer": Field("a string", is_text),
    "padding": Field(
        "an integer of 0 or more", lambda value: is_integer(value, 0, _LARGEST_SETTING)
    ),
    "max_length": Field(
        f"an integer from 1 to {_LARGEST_ARGUMENT}",
        lambda value: is_integer(value, 1, _LARGEST_ARGUMENT),
    ),
    "cleaning": Field("named values", lambda value: isinstance(value, dict)),
}
_CLEANING = {
    key: _BOOLEAN if isinstance(default, bool) else _choice(*choices)
    for (key, default), choices in zip(
        asdict(Cleaning()).items(),
        (
            (),
            (),
            ("keep", "placeholder", "drop"),
            ("keep", "placeholder", "drop"),
            ("keep", "split", "drop"),
            ("keep", "words", "drop"),
        ),
        strict=True,
    )
}
