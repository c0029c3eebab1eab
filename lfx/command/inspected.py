"""The settings of a class from outside of lfx, read from the imported class."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

from lfx.command.docstrings import argument_sentences
from lfx.runtime.annotations import argument_annotations, arguments
from lfx.runtime.errors import ConfigError, in_one_line
from lfx.runtime.imports import import_object
from lfx.runtime.settings import Setting

_SCALARS = (bool, float, int, str)


def import_class(target: str) -> Any:
    """Import a class, or a function, that the user's settings name.

    Raises:
        ConfigError: there is no such class.
    """
    try:
        imported = import_object(target)
    except Exception as error:  # a module of the user's runs, and each mistake has its own
        reason = error if isinstance(error, ImportError) else in_one_line(error)
        raise ConfigError(
            f"_target_={target} cannot be imported: {reason}; a class outside of lfx is found if "
            "its folder is in PYTHONPATH"
        ) from error
    if not callable(imported):
        raise ConfigError(f"_target_={target} is not a class")
    return imported


def inspect_settings(kind: Any) -> list[Setting]:
    """Return the settings of an imported class.

    Arguments whose defaults are not plain values are left out and keep their defaults.
    """
    annotations = argument_annotations(kind)
    sentences: dict[str, str] = {}
    for owner in reversed(inspect.getmro(kind) if isinstance(kind, type) else (kind,)):
        sentences |= argument_sentences(inspect.cleandoc(owner.__doc__ or ""))
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    factories = {
        field.name: field.default_factory
        for field in fields
        if field.default_factory is not dataclasses.MISSING
    }
    settings = []
    for name, parameter in arguments(kind).items():
        value = factories[name]() if name in factories else parameter.default
        default = dataclasses.MISSING if value is parameter.empty else _plain(value)
        if default is Any:
            continue
        annotation = _with_schemas(annotations.get(name, Any))
        if default is None and annotation is not Any:  # an implicit Optional: `power: float = None`
            annotation = typing.Optional[annotation]  # noqa: UP045
        settings.append(Setting(name, annotation, default, sentences.get(name, "")))
    return settings


def _plain(default: object) -> Any:
    """Return a default in plain values; `Any` if it cannot be written in plain values."""
    if isinstance(default, Path):
        return str(default)
    if default is None or isinstance(default, (*_SCALARS, Enum)):
        return default
    if isinstance(default, Mapping):
        named = {key: _plain(value) for key, value in default.items()}
        return Any if Any in named.values() else named
    if isinstance(default, list | tuple):
        values = [_plain(value) for value in default]
        return Any if Any in values else values
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        named = {
            field.name: _plain(getattr(default, field.name))
            for field in dataclasses.fields(default)
        }
        known = {name: value for name, value in named.items() if value is not Any}
        return _with_schemas(type(default))(**known)
    return Any


def _with_schemas(annotation: Any) -> Any:
    """Return an annotation with settings classes replaced by their schemas."""
    if inspect.isabstract(annotation):
        return object
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        from lfx.command.signature import schema_of

        return schema_of(f"{annotation.__module__}.{annotation.__qualname__}")
    origin, of = get_origin(annotation), get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        return typing.Union[tuple(map(_with_schemas, of))]  # noqa: UP007
    if isinstance(origin, type) and issubclass(origin, Mapping | Sequence):
        return origin[tuple(map(_with_schemas, of))]  # type: ignore[index]
    return annotation
