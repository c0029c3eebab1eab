"""Names of classes that a Parquet file of the Hugging Face Hub holds beside its labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

from lfx.data.values import is_blank
from lfx.runtime.errors import name_some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEY = b"huggingface"
# Longer metadata are not read: a million names are no classes.
_MOST_BYTES = 16 * 1024 * 1024
# What `datasets` writes for a sample without a label.
_NO_LABEL = -1


def read_class_names(metadata: Mapping[bytes, bytes] | None, column: str) -> tuple[str, ...] | None:
    """Return the names of a column's classes by their number, from a Parquet file's metadata.

    Args:
        metadata: of the file's schema.
        column: name of a column of whole numbers.

    Returns:
        The names; None where the metadata hold none for this column, or are damaged.
    """
    raw = (metadata or {}).get(_KEY)
    if raw is None or len(raw) > _MOST_BYTES:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    for key in ("info", "features", column):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict) or found.get("_type") != "ClassLabel":
        return None
    names = found.get("names")
    return tuple(names) if _are_names(names) else None


def _are_names(names: Any) -> TypeGuard[list[str]]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    try:
        "".join(names).encode("utf-8")
    except UnicodeEncodeError:  # half a character, which JSON may escape
        return False
    return not any(map(is_blank, names)) and 0 < len(names) == len(set(names))


def are_meant(names: Sequence[str], classes: Sequence[str] | None) -> bool:
    """Say whether labels are to be read by their names.

    Args:
        names: of the classes, from the file.
        classes: the classes that the user gave, who may have given the file's numbers; or None.
    """
    if classes is None or set(classes) <= set(names):
        return True
    return not set(classes) <= {str(number) for number in range(len(names))}


def name_label(value: int | None, names: Sequence[str]) -> str | None:
    """Return the name of a label's class; None where there is no label.

    Raises:
        ValueError: no class has this number; the message says which have.
    """
    if value is None or value == _NO_LABEL:
        return None
    if not 0 <= value < len(names):
        raise ValueError(
            f"{value}, but the file names the classes 0 to {len(names) - 1}: {name_some(names)}"
        )
    return names[value]
