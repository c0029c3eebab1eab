"""The settings of a class from outside of lfx, read from the imported class."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import PurePath
from typing import Any, get_args, get_origin

from lfx.command.docstrings import argument_sentences, summary
from lfx.runtime.annotations import argument_annotations, arguments_of
from lfx.runtime.settings import Setting

_SCALARS = (bool, float, int, str)


def written_docstring(kind: Any) -> str:
    """Return the summary of a class's docstring; empty where Python has made it up."""
    docstring = kind.__doc__ or ""
    return "" if docstring.startswith(f"{kind.__name__}(") else summary(docstring)


def inspect_settings(kind: Any) -> list[Setting]:
    """Return the settings of an imported class.

    Arguments whose defaults are functions or classes are left out and keep their defaults; those
    whose defaults are other objects have null for it.
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
    for name, parameter in arguments_of(kind).items():
        value = factories[name]() if name in factories else parameter.default
        default = dataclasses.MISSING if value is parameter.empty else _plain(value)
        if default is Any:
            if callable(value):
                continue
            default = None  # stands for the class's own default, see `construct`
            annotations[name] = Any
        annotation = _with_schemas(annotations.get(name, Any))
        if default is None and annotation is not Any:  # an implicit Optional: `power: float = None`
            annotation = typing.Optional[annotation]  # noqa: UP045
        settings.append(Setting(name, annotation, default, sentences.get(name, "")))
    return settings


def base_dataclasses(kind: Any) -> list[str]:
    """Return the dotted path of the dataclass that a dataclass extends; nothing if there is none.

    A section of the subclass then fits where one of the base class is expected.
    """
    if not (isinstance(kind, type) and "__dataclass_fields__" in vars(kind)):
        return []
    bases = [base for base in kind.__mro__[1:] if "__dataclass_fields__" in vars(base)]
    return [_path(base) for base in bases[:1] if not inspect.isabstract(base)]


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _plain(default: object) -> Any:
    """Return a default in plain values; `Any` if it cannot be written in plain values."""
    if isinstance(default, Mapping):
        named = {key: _plain(value) for key, value in default.items()}
        return Any if Any in named.values() else named
    if isinstance(default, list | tuple | AbstractSet):
        values = [_plain(value) for value in default]
        return Any if Any in values else values
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        named = {
            field.name: _plain(getattr(default, field.name))
            for field in dataclasses.fields(default)
        }
        known = {name: value for name, value in named.items() if value is not Any}
        return _with_schemas(type(default))(**known)
    return _plain_scalar(default)


def _plain_scalar(default: Any) -> Any:
    if isinstance(default, PurePath):
        return str(default)
    is_number_of_numpy = hasattr(default, "dtype") and not getattr(default, "shape", ())
    scalar = default.item() if is_number_of_numpy else default
    if type(scalar) is str and "${" in scalar:  # it would be read as a reference to a setting
        return Any
    is_member = isinstance(scalar, Enum) and not type(scalar).__module__.startswith("attr")
    return scalar if scalar is None or is_member or type(scalar) in _SCALARS else Any


def _with_schemas(annotation: Any) -> Any:
    """Return an annotation with settings classes replaced by their schemas."""
    if inspect.isabstract(annotation):
        return object
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        from lfx.command.signature import schema_of

        return schema_of(_path(annotation))
    origin, of = get_origin(annotation), get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        return typing.Union[tuple(map(_with_schemas, of))]  # noqa: UP007
    if isinstance(origin, type) and issubclass(origin, Mapping | Sequence):
        return origin[tuple(map(_with_schemas, of))]  # type: ignore[index]
    return annotation
