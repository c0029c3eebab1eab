"""What a class from outside of lfx says of its constructor, once it has been imported."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from lfx.command.docstrings import argument_sentences
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Setting

_SCALARS = (bool, float, int, str, Path)


def import_class(target: str) -> Any:
    """Import a class, or a function, that the user's settings name.

    Raises:
        ConfigError: there is no such class.
    """
    module, _, name = target.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"_target_={target} cannot be imported: {error}; a class outside of lfx is found if "
            "its folder is in PYTHONPATH"
        ) from error
    if not callable(found):
        raise ConfigError(f"_target_={target} is no class")
    return found


def inspect_settings(kind: Any) -> list[Setting]:
    """Return the settings of a class that has been imported.

    Arguments whose defaults are no plain values are left out: the class's own defaults hold.
    """
    is_plain = isinstance(kind, type) and not dataclasses.is_dataclass(kind)
    holder = kind.__init__ if is_plain else kind
    try:
        hints = get_type_hints(holder, include_extras=True)
    except (NameError, TypeError, AttributeError):  # names that only a type checker imports
        hints = {}
    sentences = argument_sentences(inspect.getdoc(kind) or "")
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    factories = {
        one.name: one.default_factory
        for one in fields
        if one.default_factory is not dataclasses.MISSING
    }
    found = []
    for one in inspect.signature(kind).parameters.values():
        if one.kind in {one.VAR_POSITIONAL, one.VAR_KEYWORD}:
            continue
        made = factories[one.name]() if one.name in factories else one.default
        default = dataclasses.MISSING if made is one.empty else _plain(made)
        if default is Any:
            continue
        annotation = _with_schemas(hints.get(one.name, Any))
        found.append(Setting(one.name, annotation, default, sentences.get(one.name, "")))
    return found


def _plain(default: object) -> Any:
    """Return a default in plain values; `Any` where it has none."""
    if default is None or isinstance(default, _SCALARS):
        return default
    if isinstance(default, Mapping):
        return {key: _plain(value) for key, value in default.items()}
    if isinstance(default, list | tuple):
        return [_plain(value) for value in default]
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        values = {one.name: getattr(default, one.name) for one in dataclasses.fields(default)}
        return _with_schemas(type(default))(**{name: _plain(one) for name, one in values.items()})
    return Any


def _with_schemas(annotation: Any) -> Any:
    """Put its schema in the place of a settings class within an annotation."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        from lfx.command.signature import schema_of

        return schema_of(f"{annotation.__module__}.{annotation.__qualname__}")
    arguments = get_args(annotation)
    if get_origin(annotation) in {typing.Union, types.UnionType}:
        return typing.Union[tuple(_with_schemas(one) for one in arguments)]  # noqa: UP007
    return annotation
