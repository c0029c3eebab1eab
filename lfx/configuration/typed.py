"""From Hydra's DictConfig to checked dataclasses and plain values."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import re
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import value_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

StageConfig = TypeVar("StageConfig")

# The next line of a wrapped sentence, and not of a listing such as `full_key: …`.
_CONTINUED = re.compile(r"[a-z]+(-[a-z]+)*\b(?![:=_])|[A-Z_]{8,}")


def as_typed(config: DictConfig, schema: type[StageConfig]) -> StageConfig:
    """Turn a composed configuration into its dataclass, all interpolations resolved.

    Args:
        config: what Hydra composed over `schema`; it is not changed.
        schema: the stage's root dataclass. Of the sections that its `by_name` lists only the
            name counts, and becomes their value, unless the setting of its `whole_with` is given.

    Raises:
        ConfigError: values are missing, out of range or at odds with each other; the message lists
            every problem found.
    """
    own = config.copy()
    try:
        OmegaConf.resolve(own)
    except OmegaConfBaseException as error:
        raise ConfigError("\n".join(circular_settings(config)) or first_line(error)) from error
    whole_with = getattr(schema, "whole_with", None)
    if whole_with is None or own[whole_with] is None:
        for section in getattr(schema, "by_name", ()):
            own[section] = OmegaConf.select(own, f"{section}.name")
    # A value that is taken from a missing one would be named twice.
    missing = sorted(key for key in OmegaConf.missing_keys(own) if not _taken(config, key))
    problems = [f"{key} is required: {key}=VALUE" for key in missing]
    if missing:  # the sections that are complete can be checked all the same
        sections = {str(key): own[key] for key in own if not OmegaConf.is_missing(own, key)}
        for key, part in sections.items():
            if isinstance(part, DictConfig) and not OmegaConf.missing_keys(part):
                problems += _problems(OmegaConf.to_object(part), key)
        problems += list(_endless(OmegaConf.to_container(own)))
        raise ConfigError("\n".join(problems))
    typed = OmegaConf.to_object(own)
    if not isinstance(typed, schema):
        raise TypeError(f"the root is a {type(typed).__name__}, not a {schema.__name__}")
    # Hydra's `+` and `++` add keys that no dataclass has, and `to_object` forgets them.
    unread = _unread(OmegaConf.to_container(own), plain(typed))
    problems = [unknown_setting(key, plain(typed)) for key in unread]
    problems += [*_endless(plain(typed)), *_problems(typed)]
    if problems:
        raise ConfigError("\n".join(dict.fromkeys(problems)))
    return typed


def plain(node: Any) -> Any:
    """Turn a dataclass tree into dicts, lists, strings and numbers; enums become their names."""
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return {field.name: plain(getattr(node, field.name)) for field in dataclasses.fields(node)}
    if isinstance(node, Enum):
        return node.name
    if isinstance(node, dict | DictConfig):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple | ListConfig):
        return [plain(value) for value in node]
    return node


def config_hash(node: Any) -> str:
    """Give 12 hexadecimal digits that stay the same as long as the settings do."""
    text = json.dumps(plain(node), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def unknown_setting(key: str, settings: dict[str, Any]) -> str:
    """Say that there is no such setting, and which one may have been meant.

    Args:
        key: the one that there is not.
        settings: the stage's, in plain values.
    """
    section, _, name = key.rpartition(".")
    flat = list(_keys(settings))
    close = difflib.get_close_matches(key, flat, n=1, cutoff=0.8)
    if not close:  # the right name, perhaps, in another place
        close = [other for other in flat if other.rpartition(".")[2] == name][:2]
    hint = f"did you mean {' or '.join(close)}?" if close else "`--help` lists all"
    part = settings.get(section)
    which = f" with {section}={part['name']}" if isinstance(part, dict) and "name" in part else ""
    return f"{key}: there is no such setting{which}; {hint}"


def circular_settings(config: DictConfig) -> list[str]:
    """Return a line for each setting whose interpolation never ends."""
    found = []
    for key in _keys(OmegaConf.to_container(config)):
        section, _, name = key.rpartition(".")
        parent = OmegaConf.select(config, section) if section else config
        if isinstance(parent, DictConfig) and OmegaConf.is_interpolation(parent, name):
            try:
                OmegaConf.select(config, key)
            except OmegaConfBaseException as error:
                if "Recursive interpolation" in str(error):
                    found.append(f"{key}: its value leads back to itself")
    return found


def _keys(node: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            full = f"{prefix}.{name}" if prefix else str(name)
            yield full
            yield from _keys(value, full)


def first_line(error: BaseException) -> str:
    """Give an error's first sentence without the key listing that OmegaConf appends."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    keys = [line.removeprefix("full_key:").strip() for line in lines if "full_key:" in line]
    message = _unwrapped(lines) if lines else type(error).__name__
    message = re.sub(r"field '(.+)' is not Optional", r"\1 must not be null", message)
    return f"{keys[0]}: {message}" if keys and keys[0] and keys[0] not in message else message


def _unwrapped(lines: list[str]) -> str:
    """Return the first line and the lines that a sentence goes on in, as Hydra wraps some."""
    message = lines[0]
    for line in lines[1:]:
        if message.endswith((".", ":", ";", "!", "?")) or not _CONTINUED.match(line):
            break
        message = f"{message} {line}"
    return message


def _taken(config: DictConfig, key: str) -> bool:
    section, _, name = key.rpartition(".")
    parent = OmegaConf.select(config, section) if section else config
    return OmegaConf.is_interpolation(parent, name)


def _problems(node: Any, key: str = "") -> list[str]:
    """Ask every dataclass of a tree; one that stands in several places has to be told its key."""
    if isinstance(node, dict):
        return [one for name, value in node.items() for one in _problems(value, f"{key}.{name}")]
    if not dataclasses.is_dataclass(node):
        return []
    found: list[str] = []
    if hasattr(node, "problems_at"):
        found += node.problems_at(key)
    if hasattr(node, "problems"):
        found += node.problems()
    for field in dataclasses.fields(node):
        own, value = f"{key}.{field.name}" if key else field.name, getattr(node, field.name)
        if "setting" in field.metadata:  # of a class's constructor
            found += value_problems(own, plain(value), field.metadata["setting"].annotation)
        found += _problems(value, own)
    return found


def _endless(node: Any, key: str = "") -> Iterator[str]:
    """Find the numbers that are none: `nan` passes many a comparison, and so does `inf`."""
    if isinstance(node, float) and not math.isfinite(node):
        yield f"{key}: a finite number is needed, got {node}"
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _endless(value, f"{key}.{name}" if key else str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _endless(value, key)


def _unread(composed: Any, typed: Any, key: str = "") -> Iterator[str]:
    """Find the keys that got lost on the way to the dataclass."""
    if not isinstance(composed, dict):
        return
    for name, value in composed.items():
        full = f"{key}.{name}" if key else str(name)
        if not isinstance(typed, dict) or str(name) not in typed:
            yield full
        else:
            yield from _unread(value, typed[str(name)], full)
