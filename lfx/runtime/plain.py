"""Settings as plain values: mappings, lists, texts and numbers."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import Path, PurePath
from typing import Any


def plain(node: Any) -> Any:
    """Return a tree of dataclasses and mappings as dicts, lists, strings and numbers.

    Example:
        >>> from enum import Enum
        >>> plain({"decay": Enum("Decay", "linear").linear, "hidden": (8, 4)})
        {'decay': 'linear', 'hidden': [8, 4]}
    """
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return {field.name: plain(getattr(node, field.name)) for field in dataclasses.fields(node)}
    if isinstance(node, Enum):
        return node.name
    if isinstance(node, Path):
        return str(node)
    if isinstance(node, Mapping):  # OmegaConf's too
        return {str(plain(key)): plain(value) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str | bytes):
        return [plain(value) for value in node]
    return node


def has_plain_form(value: Any) -> bool:
    """Return whether a default can be written in a file of settings and read back.

    A text with `${` would be read as a reference to another setting.
    """
    if isinstance(value, Mapping):
        return all(map(has_plain_form, value.values()))
    if isinstance(value, list | tuple | AbstractSet):
        return all(map(has_plain_form, value))
    if isinstance(value, Enum):
        return not type(value).__module__.startswith("attr")  # which has one that says "none"
    if isinstance(value, str):
        return "${" not in value
    is_number_of_numpy = hasattr(value, "dtype") and getattr(value, "shape", None) == ()
    is_object = dataclasses.is_dataclass(value) and not isinstance(value, type)
    is_scalar = value is None or isinstance(value, bool | int | float | PurePath)
    return is_scalar or is_object or is_number_of_numpy


def config_hash(node: Any) -> str:
    """Return 12 hexadecimal digits that stay the same as long as the settings do."""
    text = json.dumps(plain(node), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
