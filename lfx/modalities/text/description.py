"""What a checkpoint may say of a text encoder, and what shapes a transformers model."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

from lfx.modalities.description import LARGEST_ARGUMENT, LONGEST_NAME, choice, require_fields
from lfx.modalities.text.cleaning import Cleaning
from lfx.runtime.errors import WeightsError
from lfx.runtime.fields import (
    Field,
    is_integer,
    is_list_of,
    is_number,
    is_plain,
    is_text,
    list_problems,
    shown,
)
from lfx.runtime.settings import describe, value_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST_SETTING = 2**22  # a vocabulary is the largest that models have
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


def check_text_description(description: Mapping[str, Any]) -> None:
    """Refuse a description of a text encoder with a field of the wrong type or range.

    Raises:
        WeightsError: lists all such fields.
    """
    require_fields(description, _TEXT)
    check_cleaning(description["cleaning"])


def check_cleaning(cleaning: Mapping[str, Any]) -> None:
    """Refuse settings of `Cleaning` with a field of the wrong type or range.

    Raises:
        WeightsError: lists all such fields.
    """
    require_fields(cleaning, _CLEANING, "cleaning")


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
        return is_text(value) and len(value) <= LONGEST_NAME and not set(value) & set("/\\:@")
    if isinstance(value, int):
        return is_integer(value, -1, _LARGEST_SETTING)
    if isinstance(value, float):
        return is_number(value)
    if isinstance(value, dict):
        return is_plain(value) and all(map(_is_setting, value.values()))
    return is_plain(value) and is_list_of(value, _is_setting) and len(value) <= LARGEST_ARGUMENT


_TEXT = {
    "config": Field("named values", lambda value: isinstance(value, dict)),
    "pooling": choice("mean", "first"),
    "tokenizer": Field("a string", is_text),
    "padding": Field(
        "an integer of 0 or more", lambda value: is_integer(value, 0, _LARGEST_SETTING)
    ),
    "max_length": Field(
        f"an integer from 1 to {LARGEST_ARGUMENT}",
        lambda value: is_integer(value, 1, LARGEST_ARGUMENT),
    ),
    "cleaning": Field("named values", lambda value: isinstance(value, dict)),
}


def _field(annotation: Any) -> Field:
    return Field(describe(annotation), lambda value: not value_problems("", value, annotation))


_CLEANING = {name: _field(annotation) for name, annotation in get_type_hints(Cleaning).items()}
