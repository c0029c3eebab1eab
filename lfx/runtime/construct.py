"""A class and its arguments as plain values, for a file, and the object that they build again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from lfx.runtime.annotations import argument_annotations, as_annotated, settings_class
from lfx.runtime.build import takes_name
from lfx.runtime.imports import import_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TARGET = "_target_"

Built = TypeVar("Built")


def stored_arguments(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a section's class, as `construct` takes them.

    Args:
        section: settings in plain values, with a `_target_`. A section within it keeps its
            `_target_` only where it is not the class that the constructor's annotation names.
    """
    target = section[TARGET]
    annotations = argument_annotations(import_object(target))
    passed_over = {TARGET} if takes_name(target) else {TARGET, "name"}
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
    implied = part is not None and f"{part.__module__}.{part.__qualname__}" == value[TARGET]
    return arguments if implied else {TARGET: value[TARGET], **arguments}


def stored_classes(value: Any) -> Iterator[str]:
    """Yield the classes that sections within stored arguments name."""
    if isinstance(value, dict):
        if isinstance(value.get(TARGET), str):
            yield value[TARGET]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from stored_classes(item)


def construct(kind: type[Built], arguments: Mapping[str, Any], find: Callable[[str], Any]) -> Built:
    """Build a class from stored arguments.

    Args:
        kind: the class.
        arguments: plain values; what is annotated as a dataclass is built from a mapping.
        find: from the `_target_` of a section within them to its class.
    """
    annotations = argument_annotations(kind)
    return kind(
        **{
            name: _constructed(value, annotations.get(name), find)
            for name, value in arguments.items()
        }
    )


def _constructed(value: Any, annotation: Any, find: Callable[[str], Any]) -> Any:
    if isinstance(value, list):
        return [_constructed(item, None, find) for item in value]
    if not isinstance(value, dict):
        return as_annotated(value, annotation)
    if TARGET in value:
        rest = {name: item for name, item in value.items() if name != TARGET}
        return construct(find(value[TARGET]), rest, find)
    part = settings_class(annotation)
    if part is not None:
        return construct(part, value, find)
    inner = {name: _constructed(item, None, find) for name, item in value.items()}
    return as_annotated(inner, annotation)
