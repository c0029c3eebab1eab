"""Which modality describes a column of a data set."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING

import lfx.modalities
from lfx.modalities.modality import Modality
from lfx.runtime.errors import ConfigError, in_one_line
from lfx.runtime.imports import import_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.data.column import Column


@cache
def modality_classes() -> dict[str, type[Modality]]:
    """Return what each folder beside this file reads → its class, if it reads a single column.

    Example:
        >>> sorted(modality_classes())
        ['audio', 'image', 'text', 'vector']
    """
    folders = [one.name for one in pkgutil.iter_modules(lfx.modalities.__path__) if one.ispkg]
    modules = [import_module(f"lfx.modalities.{folder}.modality") for folder in sorted(folders)]
    return {
        kind.reads: kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Modality)
        and kind.__module__ == module.__name__
        and "column" in signature(kind).parameters
    }


def modality_of(name: str, column: Column, read_as: str | None = None) -> Modality | None:
    """Return the modality that describes a column; None if no one recognises it.

    Args:
        name: of the column.
        column: its content.
        read_as: the modality to take: what it reads, or a class from outside of lfx; None: the one
            that recognises the column.

    Raises:
        ConfigError: there is no such modality, or it reads another kind of column.
    """
    known = modality_classes()
    if read_as is None:
        kinds = [kind for kind in known.values() if kind.recognises(name, column)]
        return _built(kinds[0], name, "") if kinds else None
    key = f"read_as.{name}={read_as}"
    if read_as not in known and "." not in read_as:
        raise ConfigError(
            f"{key}: there is no such modality; there are {', '.join(known)}, and classes of your "
            "own: MODULE.CLASS"
        )
    kind = known[read_as] if read_as in known else import_target(read_as)
    if not (isinstance(kind, type) and issubclass(kind, Modality)):
        raise ConfigError(f"{key} is not an lfx.Modality")
    if not isinstance(column, kind.kinds):
        wanted = " or ".join(one.kind for one in kind.kinds if hasattr(one, "kind"))
        raise ConfigError(f"{key}: the column holds {column.kind}, and it reads {wanted}")
    return _built(kind, name, key)


def _built(kind: type[Modality], name: str, key: str) -> Modality:
    try:
        return kind(column=name)
    except Exception as error:  # a class of the user's has errors of its own
        raise ConfigError(f"{key} cannot be built: {in_one_line(error)}") from error


def require_columns(read_as: Mapping[str, str], columns: Mapping[str, Column]) -> None:
    """Refuse names of columns that the data do not have.

    Raises:
        ConfigError: names them.
    """
    unknown = [name for name in read_as if name not in columns]
    if unknown:
        raise ConfigError(
            f"read_as: the data have no column {', '.join(unknown)}; they have {', '.join(columns)}"
        )
