"""What a checkpoint may say of a text encoder, and what shapes a transformers model."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

from lfx.modalities.description import LARGEST_ARGUMENT, choice, fields_of, require_fields
from lfx.modalities.text.cleaning import Cleaning
from lfx.modalities.transformers_shape import LARGEST_SETTING, model_shape
from lfx.runtime.errors import WeightsError
from lfx.runtime.fields import Field, is_integer, is_text

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    return model_shape(config, require_reads_texts, "bert", "text")


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


_TEXT = {
    "config": Field("named values", lambda value: isinstance(value, dict)),
    "pooling": choice("mean", "first"),
    "tokenizer": Field("a string", is_text),
    "padding": Field(
        "an integer of 0 or more", lambda value: is_integer(value, 0, LARGEST_SETTING)
    ),
    "max_length": Field(
        f"an integer from 1 to {LARGEST_ARGUMENT}",
        lambda value: is_integer(value, 1, LARGEST_ARGUMENT),
    ),
    "cleaning": Field("named values", lambda value: isinstance(value, dict)),
}


_CLEANING = fields_of(Cleaning)
