"""Building the object that a section of the config with a `_target_` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.runtime.construct import construct
from lfx.runtime.convert import TARGET
from lfx.runtime.errors import ConfigError, UserError, in_one_line
from lfx.runtime.imports import dotted_path, import_target
from lfx.runtime.plain import plain
from lfx.runtime.signals import Terminated

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(settings: Mapping[str, Any] | Any, key: str, kind: type) -> Any:
    """Build the object that a section of the config describes.

    Args:
        settings: the section, with a `_target_`; a mapping or a dataclass.
        key: the section's key, for messages.
        kind: a protocol that the object has to fulfil.

    Raises:
        ConfigError: the target cannot be imported, does not take the settings, or builds an
            object of another kind.
    """
    section = plain(settings)
    target = section.get(TARGET) if isinstance(section, dict) else None
    if not isinstance(target, str):
        raise ConfigError(f"{key} names no class; choose one: {key}=NAME (`--help` lists them)")
    try:
        found = import_target(target)
    except ConfigError as error:
        raise ConfigError(f"{key}.{error}") from error
    try:
        arguments = {name: value for name, value in section.items() if name != TARGET}
        built = construct(found, arguments, import_target, key)
    except (UserError, Terminated):
        raise
    except (Exception, SystemExit) as error:  # a class of the user's has errors of its own
        raise ConfigError(
            f"{key}._target_={target} cannot be built: {in_one_line(error)}"
        ) from error
    if not isinstance(built, kind):
        members = sorted(name for name in vars(kind) if not name.startswith("_"))
        raise ConfigError(
            f"{key}._target_={target} is not a {dotted_path(kind)}, which has {', '.join(members)}"
        )
    return built


def build_all(sections: Mapping[str, tuple[Any, type]]) -> dict[str, Any]:
    """Build the objects that several sections of the config describe; see `build`.

    Args:
        sections: key → the section and the protocol that its object has to fulfil.

    Raises:
        ConfigError: some cannot be built; the message lists the problems of all sections.
    """
    built, problems = {}, []
    for key, (settings, kind) in sections.items():
        try:
            built[key] = build(settings, key, kind)
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(dict.fromkeys(problems)))  # two may share what is wrong
    return built
