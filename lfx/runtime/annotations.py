"""The annotations of a constructor, evaluated one by one."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Mapping
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints


def argument_annotations(kind: Any) -> dict[str, Any]:
    """Return the annotations of a class's or a function's arguments.

    Args:
        kind: a class, or a function.

    Returns:
        Name → annotation. Those that only a type checker can evaluate, since what they name is
        imported under `TYPE_CHECKING`, are left out.
    """
    evaluated = {}
    for owner in _annotated(kind):
        written = (
            vars(owner).get("__annotations__", {})
            if isinstance(owner, type)
            else getattr(owner, "__annotations__", {})
        )
        names = vars(sys.modules[owner.__module__]) if written else {}
        for name, annotation in written.items():
            holder = type("Holder", (), {"__annotations__": {name: annotation}})
            try:
                evaluated[name] = get_type_hints(holder, names, include_extras=True)[name]
            except (NameError, TypeError, AttributeError):
                evaluated.pop(name, None)
    return evaluated


def arguments(kind: Any) -> dict[str, inspect.Parameter]:
    """Return the named arguments of a class or a function, those of `**kwargs` last.

    Raises:
        ValueError: it is written in C and does not say what it takes.
    """
    functions = _constructors(kind) if isinstance(kind, type) else []
    parameters = list(inspect.signature(kind).parameters.values())
    # The first is the class's own constructor, without `self`; each other one has its `self`.
    for function in functions[1:]:
        parameters += _parameters(function)[1:]
    unnamed = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    named: dict[str, inspect.Parameter] = {}
    for parameter in parameters:
        if parameter.kind not in unnamed:
            named.setdefault(parameter.name, parameter)
    return named


def _constructors(kind: type) -> list[Any]:
    """Return the functions that take a class's arguments, the class's own first.

    A constructor with `**kwargs` passes the rest to the next class, whose constructor follows.
    """
    functions = []
    for owner in kind.__mro__[:-1]:
        written = vars(owner).get("__init__") or vars(owner).get("__new__")
        if written is None:
            continue
        function = inspect.unwrap(getattr(written, "__func__", written))
        functions.append(function)
        kinds = [parameter.kind for parameter in _parameters(function)]
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return functions


def _parameters(function: Any) -> list[inspect.Parameter]:
    """Return a function's parameters; none of one that is not written in Python."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        return []


def _annotated(kind: Any) -> list[Any]:
    """Return what carries the annotations of the arguments, the most specific last."""
    if not isinstance(kind, type):
        return [inspect.unwrap(kind)]
    if "__dataclass_fields__" in vars(kind):
        return list(reversed(kind.__mro__))
    return list(reversed(_constructors(kind)))


def is_enum(annotation: Any) -> bool:
    """Return whether an annotation is an enumeration, whose members settings name."""
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def settings_class(annotation: Any) -> Any:
    """Return the dataclass that an annotation means, be it optional; None: it means none."""
    kinds = [annotation, *get_args(annotation)]
    return next((kind for kind in kinds if dataclasses.is_dataclass(kind)), None)


def as_annotated(value: Any, annotation: Any) -> Any:
    """Return a plain value as a constructor expects it: of an enumeration, or with numbers as keys.

    Example:
        >>> as_annotated({"1": 0.5}, dict[int, float])
        {1: 0.5}
    """
    for kind in (annotation, *get_args(annotation)):  # it may be optional
        if isinstance(value, str) and is_enum(kind):
            return kind.__members__.get(value, value)
        if isinstance(value, dict) and _is_mapping(kind) and get_args(kind)[0] in {int, float}:
            number = get_args(kind)[0]
            return {number(name): part for name, part in value.items()}
    return value


def _is_mapping(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping) and bool(get_args(annotation))
