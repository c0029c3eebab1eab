"""Converting Hydra's DictConfig to checked dataclasses."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from typing import TYPE_CHECKING, Any, TypeVar

from omegaconf import DictConfig, ListConfig, Node, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.runtime.errors import ConfigError
from lfx.runtime.plain import plain
from lfx.runtime.settings import value_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

StageConfig = TypeVar("StageConfig")

# The next line of a wrapped sentence, not of a listing such as `full_key: …`.
_CONTINUED = re.compile(r"[a-z]+(-[a-z]+)*\b(?![:=_])|[A-Z_]{8,}")


def as_typed(config: DictConfig, schema: type[StageConfig]) -> StageConfig:
    """Convert a composed config to its dataclass, with all interpolations resolved.

    Args:
        config: composed by Hydra over `schema`; it is not changed.
        schema: the command's root dataclass. A section in its `by_name` is replaced by its name,
            unless a setting in its `whole_with` is given.

    Raises:
        ConfigError: values are missing, out of range or in conflict; the message lists all
            problems.
    """
    resolved = config.copy()
    try:
        OmegaConf.resolve(resolved)
    except OmegaConfBaseException as error:
        raise ConfigError("\n".join(circular_settings(config)) or first_line(error)) from error
    if not any(resolved[key] not in (None, False) for key in getattr(schema, "whole_with", ())):
        for section in getattr(schema, "by_name", ()):
            resolved[section] = OmegaConf.select(resolved, f"{section}.name")
    # An interpolation of a missing value would be reported as well.
    missing = sorted(key for key in OmegaConf.missing_keys(resolved) if not _refers(config, key))
    problems = [f"{key} is required: {key}=VALUE" for key in missing]
    if missing:  # complete sections are checked all the same
        for key in resolved:
            part = None if OmegaConf.is_missing(resolved, key) else resolved[key]
            if isinstance(part, DictConfig) and not OmegaConf.missing_keys(part):
                problems += _problems(OmegaConf.to_object(part), str(key))
        problems += list(_not_finite(resolved))
        raise ConfigError("\n".join(dict.fromkeys(problems)))
    typed = OmegaConf.to_object(resolved)
    if not isinstance(typed, schema):
        raise TypeError(f"the root is a {type(typed).__name__}, not a {schema.__name__}")
    # Hydra's `+` and `++` add keys that no dataclass has, and `to_object` drops them.
    unread = _unread(OmegaConf.to_container(resolved), plain(typed))
    problems = [unknown_setting(key, plain(typed)) for key in unread]
    problems += [*_not_finite(resolved), *_problems(typed)]
    if problems:
        # A section that is a reference to another one has the other one's problems.
        twice = tuple(f"{key}." for key in _references(config))
        once = [problem for problem in problems if not problem.startswith(twice)]
        raise ConfigError("\n".join(dict.fromkeys(once or problems)))
    return typed


def unknown_setting(key: str, settings: dict[str, Any]) -> str:
    """Return the message for an unknown setting, with the most similar ones.

    Args:
        key: the unknown setting.
        settings: the command's, in plain values.
    """
    section, _, name = key.rpartition(".")
    flat = list(_keys(settings))
    close = difflib.get_close_matches(key, flat, n=1, cutoff=0.8)
    if not close:  # perhaps the right name in another section
        close = [other for other in flat if other.rpartition(".")[2] == name][:2]
    hint = f"did you mean {' or '.join(close)}?" if close else "`--help` lists all"
    part = settings.get(section)
    which = f" with {section}={part['name']}" if isinstance(part, dict) and "name" in part else ""
    return f"{key}: there is no such setting{which}; {hint}"


def circular_settings(config: DictConfig) -> list[str]:
    """Return a message for each setting whose interpolation refers to itself."""
    problems = []
    for key in _keys(OmegaConf.to_container(config)):
        section, _, name = key.rpartition(".")
        parent = OmegaConf.select(config, section) if section else config
        if isinstance(parent, DictConfig) and OmegaConf.is_interpolation(parent, name):
            try:
                OmegaConf.select(config, key)
            except OmegaConfBaseException as error:
                if "Recursive interpolation" in str(error):
                    problems.append(f"{key}: its value refers to itself")
    return problems


def _keys(node: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            full = f"{prefix}.{name}" if prefix else str(name)
            yield full
            yield from _keys(value, full)


def first_line(error: BaseException) -> str:
    """Return an error's first sentence without the key listing that OmegaConf appends."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    keys = [line.removeprefix("full_key:").strip() for line in lines if "full_key:" in line]
    message = _unwrapped(lines) if lines else type(error).__name__
    message = re.sub(r"field '(.+)' is not Optional", r"\1 must not be null", message)
    return f"{keys[0]}: {message}" if keys and keys[0] and keys[0] not in message else message


def _unwrapped(lines: list[str]) -> str:
    """Return the first line and the lines that continue its sentence, since Hydra wraps some."""
    message = lines[0]
    for line in lines[1:]:
        if message.endswith((".", ":", ";", "!", "?")) or not _CONTINUED.match(line):
            break
        message = f"{message} {line}"
    return message


def _refers(config: DictConfig, key: str) -> bool:
    """Return whether a setting is an interpolation."""
    section, _, name = key.rpartition(".")
    parent = OmegaConf.select(config, section) if section else config
    return OmegaConf.is_interpolation(parent, name)


def _references(node: DictConfig, prefix: str = "") -> Iterator[str]:
    """Yield the keys whose values are interpolations."""
    for name in node:
        key, part = f"{prefix}{name!s}", node._get_node(name)  # noqa: SLF001, keeps interpolations
        if isinstance(part, Node) and part._is_interpolation():  # noqa: SLF001
            yield key
        elif isinstance(part, DictConfig) and not part._is_none() and not part._is_missing():  # noqa: SLF001
            yield from _references(part, f"{key}.")


def _problems(node: Any, key: str = "") -> list[str]:
    """Return the problems of all dataclasses of a tree."""
    if isinstance(node, dict):
        return [item for name, value in node.items() for item in _problems(value, f"{key}.{name}")]
    if isinstance(node, list):
        parts = enumerate(node)
        return [item for index, part in parts for item in _problems(part, f"{key}[{index}]")]
    if not dataclasses.is_dataclass(node):
        return []
    check = getattr(node, "problems", None)  # of a user's class it may be a setting
    problems = list(check()) if callable(check) else []
    for field in dataclasses.fields(node):
        full, value = f"{key}.{field.name}" if key else field.name, getattr(node, field.name)
        setting = field.metadata.get("setting")  # of a class's constructor
        if setting is not None and not _is_default(value, setting.default):
            problems += value_problems(full, plain(value), setting.annotation)
        problems += _problems(value, full)
    return problems


def _is_default(value: Any, default: Any) -> bool:
    """Return whether a number is its class's default, which may be infinite."""
    if not (isinstance(value, float) and isinstance(default, float)):
        return False
    return value == default or (math.isnan(value) and math.isnan(default))


def _not_finite(node: Any, key: str = "") -> Iterator[str]:
    """Yield the problems of numbers that are `nan` or `inf`, which pass many comparisons."""
    if isinstance(node, float) and not math.isfinite(node):
        yield f"{key}: a finite number is needed, got {node}"
    elif isinstance(node, DictConfig):
        kind = OmegaConf.get_type(node)
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        settings = {field.name: field.metadata.get("setting") for field in fields}
        for name in node:
            value = None if OmegaConf.is_missing(node, name) else node[name]
            if not _is_default(value, getattr(settings.get(str(name)), "default", None)):
                yield from _not_finite(value, f"{key}.{name!s}" if key else str(name))
    elif isinstance(node, ListConfig):
        for value in node:
            yield from _not_finite(value, key)


def _unread(composed: Any, typed: Any, key: str = "") -> Iterator[str]:
    """Yield the keys of a config that its dataclass does not have."""
    if not isinstance(composed, dict):
        return
    for name, value in composed.items():
        full = f"{key}.{name}" if key else str(name)
        if not isinstance(typed, dict) or str(name) not in typed:
            yield full
        else:
            yield from _unread(value, typed[str(name)], full)
