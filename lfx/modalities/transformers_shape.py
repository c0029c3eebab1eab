"""What shapes a transformers model: plain numbers and names of its configuration, and no more.

A configuration also names code, files, hubs and number types; of it only what is listed here
reaches transformers.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from lfx.modalities.description import LARGEST_ARGUMENT, LONGEST_NAME
from lfx.runtime.errors import WeightsError
from lfx.runtime.fields import (
    is_integer,
    is_list_of,
    is_number,
    is_plain,
    is_text,
    list_problems,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST_SETTING = 2**22  # a vocabulary is the largest that models have
# A transformers configuration's fields that are no shape: numbers of a head that lfx has not, and
# names that lead to other code, files or number types.
NOT_OF_SHAPE = {
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


def model_shape(
    config: Mapping[str, Any], require: Callable[[str, type], None], example: str, what: str
) -> dict[str, Any]:
    """Take from a transformers configuration what shapes the model, and leave out all else.

    Args:
        config: as transformers writes it.
        require: refuses a model type by its name and the class of its configuration.
        example: a model type, for messages.
        what: the kind of encoder, for messages.

    Returns:
        `model_type`, and the fields that the type's own configuration declares.

    Raises:
        WeightsError: the type is unknown or refused, or a value is no shape.
    """
    from transformers import CONFIG_MAPPING

    name = config.get("model_type")
    if not isinstance(name, str) or name not in CONFIG_MAPPING:
        raise WeightsError(f"transformers has no model type {shown(name)}; for example: {example}")
    kind = CONFIG_MAPPING[name]
    known = set(inspect.signature(kind).parameters)
    allowed = (known | {"tie_word_embeddings"}) - NOT_OF_SHAPE
    require(name, kind)
    kept = {key: value for key, value in config.items() if key in allowed}
    wrong = [
        f"config.{key} is {shown(value)}, allowed: plain values, integers up to {LARGEST_SETTING}"
        for key, value in kept.items()
        if not _is_setting(value)
    ]
    if wrong:
        raise WeightsError(f"the {what} encoder's description is wrong:{list_problems(wrong)}")
    return {"model_type": name, **kept}


def _is_setting(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return is_text(value) and len(value) <= LONGEST_NAME and not set(value) & set("/\\:@")
    if isinstance(value, int):
        return is_integer(value, -1, LARGEST_SETTING)
    if isinstance(value, float):
        return is_number(value)
    if isinstance(value, dict):
        return is_plain(value) and all(map(_is_setting, value.values()))
    return is_plain(value) and is_list_of(value, _is_setting) and len(value) <= LARGEST_ARGUMENT
