"""From plain values to what annotations say: paths, enumerations, tuples, sections."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import Annotated, Any, Literal, get_args, get_origin

from lfx.runtime.annotations import UNIONS, is_enum, literal_names, settings_class

TARGET = "_target_"

# Of lists in plain values; others stay lists.
_CONTAINERS: dict[Any, Callable[[list[Any]], Any]] = {
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    AbstractSet: frozenset,
}


def as_annotated(
    value: Any,
    annotation: Any,
    build: Callable[[Any, Mapping[str, Any]], Any],
) -> Any:
    """Return a plain value as its annotation says, at any depth.

    Args:
        value: a number, a text, None, or a list or a mapping of these.
        annotation: what the constructor expects; what it says nothing of stays as it is.
        build: builds a section, a mapping with a `_target_` or of a dataclass that the annotation
            names, from that dataclass, or None, and the section.
    """
    origin, of = get_origin(annotation), get_args(annotation)

    def inner(item: Any, kind: Any) -> Any:
        return as_annotated(item, kind, build)

    if origin is Annotated:
        return inner(value, of[0])
    if origin in UNIONS:
        return inner(value, next((kind for kind in of if _takes(kind, value)), Any))
    if isinstance(value, Mapping):
        part = settings_class(annotation)
        is_section = part is not None or TARGET in value
        return build(part, value) if is_section else _of_mapping(value, of, inner)
    if isinstance(value, str):
        return _of_text(value, annotation)
    return _of_list(value, annotation, inner) if isinstance(value, Sequence) else value


def _of_mapping(
    value: Mapping[str, Any], of: tuple[Any, ...], inner: Callable[[Any, Any], Any]
) -> dict[Any, Any]:
    key, kind = of if len(of) == 2 else (Any, Any)  # noqa: PLR2004, key and value
    return {_as_key(name, key): inner(item, kind) for name, item in value.items()}


def _of_text(value: str, annotation: Any) -> Any:
    """Return a text as a member of an enumeration, or as a path."""
    if get_origin(annotation) is Literal:
        return literal_names(get_args(annotation)).get(value, value)
    if is_enum(annotation):
        return annotation.__members__.get(value, value)
    return annotation(value) if _is_path(annotation) else value


def _of_list(value: Sequence[Any], annotation: Any, inner: Callable[[Any, Any], Any]) -> Any:
    kind, of = get_origin(annotation) or annotation, get_args(annotation)
    by_position = kind is tuple and len(of) == len(value) and ... not in of
    kinds = of if by_position else [of[0] if of else Any] * len(value)
    items = [inner(item, item_kind) for item, item_kind in zip(value, kinds, strict=True)]
    made = _CONTAINERS.get(kind, list)
    return made(items)


def _as_key(name: Any, kind: Any) -> Any:
    """Return a mapping's key; in files all are texts."""
    if kind is bool:
        return str(name).lower() == "true"
    return kind(name) if kind in {int, float} else _of_text(str(name), kind)


def _takes(kind: Any, value: Any) -> bool:
    """Return whether one of several allowed types is a value's."""
    origin = get_origin(kind) or kind
    if origin is Annotated:
        return _takes(get_args(kind)[0], value)
    if isinstance(value, str):
        named = origin is Literal and value in literal_names(get_args(kind))
        member = is_enum(kind) and value in kind.__members__
        return kind is str or named or member or _is_path(kind)
    if isinstance(value, Mapping):
        is_mapping = isinstance(origin, type) and issubclass(origin, Mapping)
        return is_mapping or dataclasses.is_dataclass(origin)
    if isinstance(value, Sequence):
        return isinstance(origin, type) and issubclass(origin, Sequence | AbstractSet)
    return False


def _is_path(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, PurePath)
