"""The settings of a class from outside of lfx, read from the imported class."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import Any, get_args, get_origin

from lfx.command.docstrings import argument_sentences, summary
from lfx.runtime.annotations import UNIONS, argument_annotations, arguments_of, default_of
from lfx.runtime.imports import dotted_path
from lfx.runtime.plain import has_plain_form, plain
from lfx.runtime.settings import Setting


def written_docstring(kind: Any) -> str:
    """Return the summary of a class's docstring; empty where Python has made it up."""
    if not (isinstance(kind, type) or inspect.isroutine(kind)):  # an object that can be called
        return ""
    docstring = kind.__doc__ or ""
    return "" if docstring.startswith(f"{kind.__name__}(") else summary(docstring)


def inspect_settings(kind: Any) -> list[Setting]:
    """Return the settings of an imported class.

    Arguments whose defaults are functions or classes are left out and keep their defaults; those
    whose defaults are other objects have null for it, see `construct`.
    """
    annotations = argument_annotations(kind)
    sentences: dict[str, str] = {}
    for owner in reversed(inspect.getmro(kind) if isinstance(kind, type) else (kind,)):
        sentences |= argument_sentences(inspect.cleandoc(owner.__doc__ or ""))
    settings = []
    for name, parameter in arguments_of(kind).items():
        default = default_of(kind, parameter)
        annotation = _with_schemas(annotations.get(name, Any))
        if default is dataclasses.MISSING:
            settings.append(Setting(name, annotation, default, sentences.get(name, "")))
            continue
        if not has_plain_form(default):
            if callable(default):
                continue
            default, annotation = None, Any
        elif default is None and annotation is not Any:  # implicit: `power: float = None`
            annotation = typing.Optional[annotation]  # noqa: UP045
        settings.append(Setting(name, annotation, _plain(default), sentences.get(name, "")))
    return settings


def base_dataclasses(kind: Any) -> list[str]:
    """Return the dotted path of the dataclass that a dataclass extends; nothing if there is none.

    A section of the subclass then fits where one of the base class is expected.
    """
    if not (isinstance(kind, type) and "__dataclass_fields__" in vars(kind)):
        return []
    bases = [base for base in kind.__mro__[1:] if "__dataclass_fields__" in vars(base)]
    return [dotted_path(base) for base in bases[:1] if not inspect.isabstract(base)]


def _plain(default: Any) -> Any:
    """Return a default in plain values."""
    if isinstance(default, Mapping):
        return {plain(key): _plain(value) for key, value in default.items()}
    if isinstance(default, list | tuple | AbstractSet):
        return [_plain(value) for value in default]
    if dataclasses.is_dataclass(default):
        values = {item.name: getattr(default, item.name) for item in dataclasses.fields(default)}
        named = {name: _plain(value) for name, value in values.items() if has_plain_form(value)}
        return _with_schemas(type(default))(**named)
    if isinstance(default, PurePath):
        return str(default)
    return default.item() if hasattr(default, "dtype") else default  # a number of NumPy


def _with_schemas(annotation: Any) -> Any:
    """Return an annotation with settings classes replaced by their schemas."""
    if inspect.isabstract(annotation):
        return object
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        from lfx.command.signature import schema_of

        return schema_of(dotted_path(annotation))
    origin, of = get_origin(annotation), get_args(annotation)
    if origin in UNIONS:
        return typing.Union[tuple(map(_with_schemas, of))]  # noqa: UP007
    if isinstance(origin, type) and issubclass(origin, Mapping | Sequence):
        return origin[tuple(map(_with_schemas, of))]  # type: ignore[index]
    return annotation
