"""A class and its arguments as plain values, and the object that they build."""

from __future__ import annotations

from dataclasses import MISSING
from typing import TYPE_CHECKING, Any

from lfx.runtime.annotations import (
    argument_annotations,
    arguments_of,
    default_of,
    settings_class,
)
from lfx.runtime.convert import TARGET, as_annotated
from lfx.runtime.errors import ConfigError
from lfx.runtime.imports import dotted_path, import_object
from lfx.runtime.plain import has_plain_form, plain
from lfx.runtime.settings import value_problems

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator, Mapping

_NAME = "name"


def stored_arguments(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a section's class, as `construct` takes them.

    Args:
        section: settings in plain values, with a `_target_`. A section within it keeps its
            `_target_` only where it is not the class that the constructor's annotation names.
    """
    kind = import_object(section[TARGET])
    annotations = argument_annotations(kind)
    passed_over = {TARGET} if _NAME in arguments_of(kind) else {TARGET, _NAME}
    return {
        name: _stored(value, annotations.get(name))
        for name, value in section.items()
        if name not in passed_over
    }


def _stored(value: Any, annotation: Any) -> Any:
    if isinstance(value, list):
        return [_stored(item, None) for item in value]
    if not isinstance(value, dict):
        return value
    if TARGET not in value:
        return {name: _stored(item, None) for name, item in value.items()}
    part, arguments = settings_class(annotation), stored_arguments(value)
    implied = part is not None and dotted_path(part) == value[TARGET]
    return arguments if implied else {TARGET: value[TARGET], **arguments}


def stored_classes(value: Any) -> Iterator[str]:
    """Yield the classes that sections within stored arguments name."""
    if isinstance(value, dict):
        if isinstance(value.get(TARGET), str):
            yield value[TARGET]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from stored_classes(item)


def construct(
    kind: Any, arguments: Mapping[str, Any], find: Callable[[str], Any], key: str = ""
) -> Any:
    """Build a class from plain values, which become what its annotations say.

    Args:
        kind: the class, or a function.
        arguments: its arguments; what is annotated as a dataclass is built from a mapping. A `name`
            that it does not take is left out: it is lfx's, for messages.
        find: from the `_target_` of a section within them to its class.
        key: the section's, for messages.

    Raises:
        ConfigError: annotations do not allow a value.
    """
    annotations, parameters = argument_annotations(kind), arguments_of(kind)
    by_position, by_name = [], {}
    problems: list[str] = []
    for name, value in arguments.items():
        parameter, annotation = parameters.get(name), annotations.get(name, Any)
        if parameter is None and name == _NAME:
            continue
        if parameter is not None and _is_default(kind, parameter, value):
            continue
        full = f"{key}.{name}" if key else name
        problems += value_problems(full, value, annotation)

        def build(part: Any, section: Mapping[str, Any], key: str = full) -> Any:
            rest = {name: item for name, item in section.items() if name != TARGET}
            found = find(section[TARGET]) if TARGET in section else part
            return construct(found, rest, find, key)

        built = as_annotated(value, annotation, build)
        if parameter is not None and parameter.kind is parameter.POSITIONAL_ONLY:
            by_position.append(built)
        else:
            by_name[name] = built
    if problems:
        raise ConfigError("\n".join(problems))
    return kind(*by_position, **by_name)


def _is_default(kind: Any, parameter: inspect.Parameter, value: Any) -> bool:
    """Return whether a value stands for the default, which then need not be passed.

    What `**kwargs` would pass on may be fixed by the class itself.
    """
    if parameter.kind is parameter.POSITIONAL_ONLY:
        return False
    default = default_of(kind, parameter)
    if default is MISSING:
        return False
    if not has_plain_form(default):
        return value is None
    are_nan = value != value and default != default  # noqa: PLR0124
    return are_nan or (
        isinstance(value, bool) == isinstance(default, bool) and value == plain(default)
    )
