"""Building the object that a section of the config with a `_target_` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.runtime.annotations import argument_annotations, arguments, as_annotated
from lfx.runtime.errors import ConfigError, UserError, in_one_line
from lfx.runtime.imports import import_object
from lfx.runtime.plain import plain

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
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate

    section = plain(settings)
    target = section.get("_target_") if isinstance(section, dict) else None
    if not isinstance(target, str):
        raise ConfigError(f"{key} names no class; choose one: {key}=NAME (`--help` lists them)")
    try:
        built = instantiate(_arguments(section), _convert_="all")
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


def _arguments(node: Any) -> Any:
    """Return sections with the arguments that their classes take: names are for lfx's messages."""
    if isinstance(node, list):
        return [_arguments(item) for item in node]
    if not isinstance(node, dict):
        return node
    section = {key: _arguments(value) for key, value in node.items()}
    if "_target_" not in section:
        return section
    if "name" in section and not takes_name(section["_target_"]):
        del section["name"]
    try:
        annotations = argument_annotations(import_object(section["_target_"]))
    except (ImportError, AttributeError, ValueError):  # Hydra reports what is wrong
        return section
    return {key: as_annotated(value, annotations.get(key)) for key, value in section.items()}


def takes_name(target: str) -> bool:
    """Return whether the class of a dotted path has an argument `name` of its own."""
    try:
        return "name" in arguments(import_object(target))
    except (ImportError, AttributeError, TypeError, ValueError):  # Hydra reports what is wrong
        return True
