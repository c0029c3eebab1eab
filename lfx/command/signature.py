"""The schema of a class's settings, derived from its constructor.

A section of the configuration with a `_target_` is checked against it: names, types, allowed
values, ranges. A class of lfx is read from its source, since importing it takes seconds; a class
from outside of lfx, which only the user's own settings can name, is imported.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, get_args, get_origin

from omegaconf import MISSING, Container, DictConfig, OmegaConf

from lfx.command.docstrings import summary
from lfx.command.inspected import import_class, inspect_settings
from lfx.command.modules import is_own
from lfx.command.source import class_summary, read_settings
from lfx.configuration.typed import unknown_setting
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Setting

# Keys of a section that are no arguments.
TARGET, NAME = "_target_", "name"
# What the names of classes that are made here begin with, and what stands for a dot in them.
_SCHEMA, _ENUM, _DOT = "schema ", "one of ", "\N{ONE DOT LEADER}"
_SCALARS = (bool, float, int, str, Path)


@functools.cache
def schema_of(target: str) -> type:
    """Return the dataclass that OmegaConf checks a class's settings against.

    Args:
        target: the class's dotted path.

    Returns:
        A dataclass with `_target_` and a field for each setting; its `metadata` has the
        constructor's annotation and the docstring's sentence.

    Raises:
        ConfigError: there is no such class.
    """
    own = is_own(target)
    try:
        settings = read_settings(target) if own else inspect_settings(import_class(target))
        about = class_summary(target) if own else summary(import_class(target).__doc__ or "")
    except LookupError as error:
        raise ConfigError(f"_target_: {error}") from error
    fields: list[tuple[str, Any, Any]] = [(TARGET, str, dataclasses.field(default=target))]
    fields += [(one.name, _omegaconf_type(one.annotation), _field(one)) for one in settings]
    made = dataclasses.make_dataclass(target.rpartition(".")[2], fields, kw_only=True)
    made.__doc__ = about
    _make_importable(made, _SCHEMA, target)
    return made


def with_schema(section: Container, config_path: str) -> Container:
    """Return what a file of settings holds, checked against the class that its `_target_` names.

    All settings of the class are there, with its defaults. The section's `name` is the file's,
    unless the file or the class says otherwise.

    Args:
        section: the file's content.
        config_path: `GROUP/NAME`, with or without an ending.

    Raises:
        ConfigError: there is no such class, or it has no such setting.
        OmegaConfBaseException: it takes no such value.
    """
    target = section_target(section)
    if target is None or not isinstance(section, DictConfig) or "/" not in config_path:
        return section
    return _merged(_named(target, PurePosixPath(config_path).stem), section)


def section_target(section: Any) -> str | None:
    """Return the class that a section names; None where it is no such section."""
    is_one = isinstance(section, DictConfig) and not section._is_none()  # noqa: SLF001
    target = section.get(TARGET) if is_one else None
    return target if isinstance(target, str) else None


def _merged(kind: type, section: DictConfig) -> Container:
    """Merge a section into its class's schema, and sections within it into theirs."""
    schema = OmegaConf.structured(kind)
    known = dict.fromkeys(map(str, schema))
    unknown = [unknown_setting(str(key), known) for key in section if str(key) not in known]
    if unknown:
        raise ConfigError("\n".join(unknown))
    own = section.copy()
    for key in known:
        part = own._get_node(key)  # noqa: SLF001, an interpolation stays one
        inner = section_target(part)
        if isinstance(part, DictConfig) and inner is not None:
            own[key] = _merged(schema_of(inner), part)
    for field in dataclasses.fields(kind):
        if _is_open(field) and schema.get(field.name) is not None:
            OmegaConf.set_struct(schema[field.name], value=False)
    return OmegaConf.merge(schema, own)


@functools.cache
def _named(target: str, name: str) -> type:
    """Return a class's schema with a `name`, unless the class itself has such a setting."""
    schema = schema_of(target)
    own = settings_of(schema).get(NAME)
    if own is not None and own.default is not dataclasses.MISSING:
        return schema
    metadata = {} if own is None else {"setting": own}
    field = (NAME, str, dataclasses.field(default=name, metadata=metadata))
    made = dataclasses.make_dataclass(schema.__name__, [field], bases=(schema,), kw_only=True)
    _make_importable(made, _SCHEMA, target, name)
    return made


def _is_open(field: dataclasses.Field[Any]) -> bool:
    """Return whether a setting is a mapping whose keys are the user's own."""
    return any(get_origin(one) is dict for one in (field.type, *get_args(field.type)))


def settings_of(schema: type) -> dict[str, Setting]:
    """Return the settings that a schema has: name → what the constructor says of it."""
    return {
        field.name: field.metadata["setting"]
        for field in dataclasses.fields(schema)
        if "setting" in field.metadata
    }


def _field(setting: Setting) -> Any:
    default = MISSING if setting.default is dataclasses.MISSING else setting.default
    if isinstance(default, str) and get_origin(setting.annotation) is Literal:
        default = _omegaconf_type(setting.annotation)[default] if default != MISSING else default
    metadata = {"setting": setting}
    if isinstance(default, list | dict) or dataclasses.is_dataclass(default):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def _omegaconf_type(annotation: Any) -> Any:
    """Return the nearest type that OmegaConf knows; what it does not know is checked later."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _omegaconf_type(arguments[0])
    if origin is Literal:
        return _enum(arguments)
    if origin in {typing.Union, types.UnionType}:
        rest = [_omegaconf_type(one) for one in arguments if one is not type(None)]
        kind = rest[0] if len(rest) == 1 else Any
        return kind | None if len(rest) < len(arguments) and kind is not Any else kind
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict[str, _omegaconf_type(arguments[1])]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, Sequence):
        of = {_omegaconf_type(one) for one in arguments if one is not ...}
        return list[of.pop()] if len(of) == 1 else list[Any]  # type: ignore[misc]
    is_known = annotation in _SCALARS or dataclasses.is_dataclass(annotation)
    return annotation if is_known else Any


@functools.cache
def _enum(allowed: tuple[object, ...]) -> Any:
    """Return an enumeration, whose members OmegaConf lists where a value is none of them."""
    if not all(isinstance(one, str) for one in allowed):
        return Any
    made = Enum("Allowed", {str(one): one for one in allowed})  # type: ignore[misc]
    _make_importable(made, _ENUM, *allowed)
    return made


def _make_importable(kind: Any, what: str, *made_of: object) -> None:
    """Name a class so that a pickle of it, read in any process, makes it again.

    A name in a pickle is split at its dots.
    """
    kind.__module__ = __name__
    kind.__qualname__ = what + json.dumps(made_of).replace(".", _DOT)


def __getattr__(name: str) -> Any:
    for what, make in ((_SCHEMA, _schema_again), (_ENUM, lambda *allowed: _enum(allowed))):
        if name.startswith(what):
            return make(*json.loads(name.removeprefix(what).replace(_DOT, ".")))
    raise AttributeError(name)


def _schema_again(target: str, name: str | None = None) -> type:
    return schema_of(target) if name is None else _named(target, name)
