"""The schema of a class's settings, derived from its constructor.

A section of the configuration with a `_target_` is checked against it: names, types, allowed
values, ranges. A class of lfx is read from its source, since importing it takes seconds; a class
from outside of lfx, which only the user's own settings can name, is imported.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, get_args, get_origin

from omegaconf import MISSING, Container, DictConfig, OmegaConf

from lfx.command.inspected import base_dataclasses, inspect_settings, written_docstring
from lfx.command.modules import is_own
from lfx.command.source import class_summary, read_settings
from lfx.command.typed import unknown_setting
from lfx.runtime.annotations import UNIONS, is_enum
from lfx.runtime.convert import TARGET
from lfx.runtime.errors import ConfigError
from lfx.runtime.imports import import_target
from lfx.runtime.settings import Setting

# A key of a section that is no argument, unless the class has one of that name.
NAME = "name"
# The prefixes of names of classes that are made here, and the character that replaces dots in them.
_SCHEMA, _ENUM, _DOT = "schema ", "one of ", "\N{ONE DOT LEADER}"
_KEYS = (bool, float, int, str)
_SCALARS = (*_KEYS, Path)


@functools.cache
def schema_of(target: str) -> type:
    """Return the dataclass against which OmegaConf checks a class's settings.

    Args:
        target: the class's dotted path.

    Returns:
        A dataclass with `_target_` and a field for each setting; its `metadata` has the
        constructor's annotation and the docstring's sentence.

    Raises:
        ConfigError: there is no such class.
    """
    bases: tuple[type, ...] = ()
    try:
        if is_own(target):
            settings, docstring = read_settings(target), class_summary(target)
        else:
            kind = import_target(target)
            settings, docstring = inspect_settings(kind), written_docstring(kind)
            bases = tuple(map(schema_of, base_dataclasses(kind)))
    except LookupError as error:
        raise ConfigError(f"_target_: {error}") from error
    fields: list[tuple[str, Any, Any]] = [(TARGET, str, dataclasses.field(default=target))]
    fields += [(item.name, _omegaconf_type(item.annotation), _field(item)) for item in settings]
    schema = dataclasses.make_dataclass(
        target.rpartition(".")[2], fields, bases=bases, kw_only=True
    )
    schema.__doc__ = docstring
    _make_importable(schema, _SCHEMA, target)
    return schema


def with_schema(section: Container, config_path: str) -> Container:
    """Return a file's content, checked against the class that its `_target_` names.

    It has all settings of the class, with defaults. Its `name` is the file's name, unless the file
    or the class has another.

    Args:
        section: the file's content.
        config_path: `GROUP/NAME`, with or without an ending.

    Raises:
        ConfigError: there is no such class, or it has no such setting.
        OmegaConfBaseException: a value is not allowed.
    """
    target = section_target(section) if "/" in config_path else None
    if not isinstance(section, DictConfig):
        return section
    if target is None:
        return _with_inner_schemas(section)
    return _merged(_schema_with_name(target, PurePosixPath(config_path).stem), section)


def _with_inner_schemas(section: DictConfig) -> DictConfig:
    """Return a file without a class of its own, each section of a class checked against it."""
    checked = section.copy()
    for key in section:
        part = section._get_node(key)  # noqa: SLF001, keeps interpolations
        target = section_target(part)
        if isinstance(part, DictConfig) and target is not None:
            checked[key] = _merged(schema_of(target), part)
    return checked


def section_target(section: Any) -> str | None:
    """Return the class that a section names; None if it names none."""
    if not isinstance(section, DictConfig) or section._is_none() or section._is_missing():  # noqa: SLF001
        return None
    target = None if section._is_interpolation() else section.get(TARGET)  # noqa: SLF001
    return target if isinstance(target, str) else None


def _merged(kind: type, section: DictConfig, base: DictConfig | None = None) -> Container:
    """Merge a section into its class's schema, and sections within it into theirs.

    `base` is the schema with other defaults, those of the class that the section is in.
    """
    schema = OmegaConf.structured(kind) if base is None else base
    known = dict.fromkeys(map(str, schema))
    unknown = [unknown_setting(str(key), known) for key in section if str(key) not in known]
    if unknown:
        raise ConfigError("\n".join(unknown))
    checked = section.copy()
    for field in dataclasses.fields(kind):
        if _is_open(field) and schema.get(field.name) is not None:
            OmegaConf.set_struct(schema[field.name], value=False)
        part = checked._get_node(field.name)  # noqa: SLF001, keeps interpolations
        if not isinstance(part, DictConfig) or part._is_none() or part._is_interpolation():  # noqa: SLF001
            continue
        target, inner = section_target(part), getattr(field.type, TARGET, None)
        if target is not None:
            merged = _merged(schema_of(target), part)
        elif isinstance(field.type, type) and inner is not None:
            merged = _merged(field.type, part, schema.get(field.name))
        else:
            continue
        if field.type is Any:  # of a base class: not merged, since any subclass stands in for it
            schema[field.name] = None
        schema[field.name] = checked[field.name] = merged
    return OmegaConf.merge(schema, checked)


@functools.cache
def _schema_with_name(target: str, name: str) -> type:
    """Return a class's schema with a `name`, unless the class has that setting with a default."""
    schema = schema_of(target)
    setting = settings_of(schema).get(NAME)
    if setting is not None and setting.default not in {dataclasses.MISSING, None}:
        return schema
    metadata = {} if setting is None else {"setting": setting}
    field = (NAME, str, dataclasses.field(default=name, metadata=metadata))
    named = dataclasses.make_dataclass(schema.__name__, [field], bases=(schema,), kw_only=True)
    _make_importable(named, _SCHEMA, target, name)
    return named


def _is_open(field: dataclasses.Field[Any]) -> bool:
    """Return whether a setting is a mapping whose keys the user names."""
    kinds = (field.type, *get_args(field.type))
    return any(get_origin(kind) is dict for kind in kinds) or (
        field.type is Any
        and isinstance(getattr(field.metadata.get("setting"), "default", None), dict)
    )


def settings_of(schema: type) -> dict[str, Setting]:
    """Return a schema's settings by name."""
    return {
        field.name: field.metadata["setting"]
        for field in dataclasses.fields(schema)
        if "setting" in field.metadata
    }


def _field(setting: Setting) -> Any:
    default = MISSING if setting.default is dataclasses.MISSING else setting.default
    kind = _omegaconf_type(setting.annotation)
    metadata = {"setting": setting}
    if (
        default == MISSING and isinstance(kind, type) and dataclasses.is_dataclass(kind)
    ):  # its own settings are required
        return dataclasses.field(default_factory=kind, metadata=metadata)
    if type(default) is str and is_enum(kind) and default != MISSING:
        default = kind[default]
    if isinstance(default, list | dict) or dataclasses.is_dataclass(default):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def _omegaconf_type(annotation: Any) -> Any:
    """Return the nearest type that OmegaConf knows; the rest is checked later."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _omegaconf_type(arguments[0])
    if origin is Literal:
        return _enum(arguments)
    if origin in UNIONS:
        rest = [_omegaconf_type(part) for part in arguments if part is not type(None)]
        kind = rest[0] if len(rest) == 1 else Any
        return kind | None if len(rest) < len(arguments) and kind is not Any else kind
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, value = map(_element_type, arguments or (str, Any))
        return dict[key if key in _KEYS else str, value]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, Sequence):
        of = {_element_type(part) for part in arguments if part is not ...}
        return list[of.pop()] if len(of) == 1 else list[Any]  # type: ignore[misc]
    is_known = annotation in _SCALARS or dataclasses.is_dataclass(annotation)
    return annotation if is_known or is_enum(annotation) else Any


def _element_type(annotation: Any) -> Any:
    """Return the type of a container's elements; OmegaConf knows no paths in nested ones."""
    kind = _omegaconf_type(annotation)
    return str if kind is Path else kind


@functools.cache
def _enum(allowed: tuple[object, ...]) -> Any:
    """Return an enumeration: OmegaConf refuses other values and lists its members."""
    if not all(isinstance(value, str) for value in allowed):
        return Any
    try:
        enum = Enum("Allowed", {str(value): value for value in allowed})  # type: ignore[misc]
    except ValueError:  # a name that Python does not allow, such as `mro`
        return Any
    if set(enum.__members__) != set(allowed):  # nor `__x__`
        return Any
    _make_importable(enum, _ENUM, *allowed)
    return enum


def _make_importable(kind: Any, prefix: str, *arguments: object) -> None:
    """Name a class so that unpickling it in any process makes it again, see `__getattr__`.

    Pickle splits a name at its dots.
    """
    kind.__module__ = __name__
    kind.__qualname__ = prefix + json.dumps(arguments).replace(".", _DOT)


def __getattr__(name: str) -> Any:
    for prefix, make in ((_SCHEMA, _make_schema), (_ENUM, lambda *allowed: _enum(allowed))):
        if name.startswith(prefix):
            return make(*json.loads(name.removeprefix(prefix).replace(_DOT, ".")))
    raise AttributeError(name)


def _make_schema(target: str, name: str | None = None) -> type:
    return schema_of(target) if name is None else _schema_with_name(target, name)
