"""Settings as plain values: mappings, lists, texts and numbers."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
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
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str | bytes):
        return [plain(value) for value in node]
    return node


def config_hash(node: Any) -> str:
    """Return 12 hexadecimal digits that stay the same as long as the settings do."""
    text = json.dumps(plain(node), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
