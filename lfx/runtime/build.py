"""Building the object that a section of the config with a `_target_` describes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from lfx.runtime.annotations import argument_annotations, arguments, settings_class
from lfx.runtime.errors import ConfigError, UserError, in_one_line
from lfx.runtime.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping


Built = TypeVar("Built")


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
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate

    section = plain(settings)
    target = section.get("_target_") if isinstance(section, dict) else None
    if not isinstance(target, str):
        raise ConfigError(f"{key} names no class; choose one: {key}=NAME (`--help` lists them)")
    try:
        built = instantiate(_without_names(section), _convert_="all")
    except InstantiationException as error:
        cause: BaseException = error
        while cause.__cause__ is not None:  # the error of a section within this one
            cause = cause.__cause__
        if isinstance(cause, UserError):
            raise cause from None
        raise ConfigError(
            f"{key}._target_={target} cannot be built: {in_one_line(cause)}; a class outside of "
            "lfx is found if its folder is in PYTHONPATH"
        ) from error
    if not isinstance(built, kind):
        members = sorted(name for name in vars(kind) if not name.startswith("_"))
        raise ConfigError(
            f"{key}._target_={target} is not a {kind.__module__}.{kind.__name__}, which has "
            f"{', '.join(members)}"
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
        raise ConfigError("\n".join(problems))
    return built


def _without_names(node: Any) -> Any:
    """Remove the names of sections whose classes do not take a name."""
    if isinstance(node, dict):
        section = {key: _without_names(value) for key, value in node.items()}
        if "_target_" in section and "name" in section and not takes_name(section["_target_"]):
            del section["name"]
        return section
    return [_without_names(item) for item in node] if isinstance(node, list) else node


def construct(kind: type[Built], settings: Mapping[str, Any]) -> Built:
    """Build a class from plain values; what is annotated as a dataclass is built from a mapping.

    Args:
        kind: the class.
        settings: its arguments.
    """
    annotations, built = argument_annotations(kind), {}
    for name, value in settings.items():
        part = settings_class(annotations.get(name)) if isinstance(value, dict) else None
        built[name] = value if part is None else construct(part, value)
    return kind(**built)


def takes_name(target: str) -> bool:
    """Return whether the class of a dotted path has an argument `name` of its own."""
    module, _, name = target.rpartition(".")
    try:
        return "name" in arguments(getattr(import_module(module), name))
    except (ImportError, AttributeError, TypeError, ValueError):  # Hydra reports what is wrong
        return True
