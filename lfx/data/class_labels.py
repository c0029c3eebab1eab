"""Class names in the metadata of Parquet files from the Hugging Face Hub."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

from lfx.data.values import is_blank
from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEY = b"huggingface"
# Longer metadata are not read: no data set has a million classes.
_MOST_BYTES = 16 * 1024 * 1024
# The label that `datasets` writes for an unlabelled sample.
_NO_LABEL = -1


def read_class_names(metadata: Mapping[bytes, bytes] | None, column: str) -> tuple[str, ...] | None:
    """Return the names of a column's classes by their number, from a Parquet file's metadata.

    Args:
        metadata: of the file's schema.
        column: name of a column of integers.

    Returns:
        The names; None where the metadata hold none for this column, or are damaged.
    """
    raw = (metadata or {}).get(_KEY)
    if raw is None or len(raw) > _MOST_BYTES:
        return None
    try:
        node = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    for key in ("info", "features", column):
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict) or node.get("_type") != "ClassLabel":
        return None
    names = node.get("names")
    return tuple(names) if _are_names(names) else None


def _are_names(names: Any) -> TypeGuard[list[str]]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    try:
        "".join(names).encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate, which JSON may escape
        return False
    return not any(map(is_blank, names)) and 0 < len(names) == len(set(names))


def uses_names(names: Sequence[str], classes: Sequence[str] | None) -> bool:
    """Return whether labels are read by the file's class names, not by its numbers.

    Args:
        names: of the classes, from the file.
        classes: the classes that the user named, perhaps by the file's numbers; or None.
    """
    if classes is None or set(classes) <= set(names):
        return True
    return not set(classes) <= {str(number) for number in range(len(names))}


def name_label(value: int | None, names: Sequence[str]) -> str | None:
    """Return the class name of a label; None where there is no label.

    Raises:
        ValueError: no class has this number.
    """
    if value is None or value == _NO_LABEL:
        return None
    if not 0 <= value < len(names):
        raise ValueError(
            f"{value}, but the file names the classes 0 to {len(names) - 1}: {name_some(names)}"
        )
    return names[value]
