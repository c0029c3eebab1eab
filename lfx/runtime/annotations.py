"""The annotations of a constructor, evaluated one by one."""

from __future__ import annotations

import builtins
import dataclasses
import functools
import inspect
import sys
import types
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

UNIONS = (Union, types.UnionType)


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
        names = vars(sys.modules.get(owner.__module__, builtins)) if written else {}
        for name, annotation in written.items():
            holder = type("Holder", (), {"__annotations__": {name: annotation}})
            try:
                hints = get_type_hints(holder, names, include_extras=True)
                evaluated[name] = _meaning(hints[name])
            except (NameError, TypeError, AttributeError):
                evaluated.pop(name, None)
    return evaluated


def _meaning(annotation: Any) -> Any:
    """Return what an alias, a `NewType` or a type variable stands for."""
    if isinstance(annotation, TypeVar):
        return Any if annotation.__bound__ is None else _meaning(annotation.__bound__)
    for name in ("__supertype__", "__value__"):
        if hasattr(annotation, name) and not isinstance(annotation, type):
            return _meaning(getattr(annotation, name))
    return annotation


def arguments_of(kind: Any) -> dict[str, inspect.Parameter]:
    """Return the named arguments of a class or a function, those of `**kwargs` last.

    There are none of one that is written in C and does not say what it takes.
    """
    functions = _constructors(kind) if isinstance(kind, type) else []
    parameters = _parameters(kind)
    # The first is the class's own constructor, without `self`; each other one has its `self`.
    for function in functions[1:]:
        parameters += _parameters(function)[1:]
    unnamed = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    named: dict[str, inspect.Parameter] = {}
    for parameter in parameters:
        if parameter.kind not in unnamed:
            named.setdefault(parameter.name, parameter)
    return named


def default_of(kind: Any, parameter: inspect.Parameter) -> Any:
    """Return an argument's default; `dataclasses.MISSING` if it is required."""
    field = getattr(kind, "__dataclass_fields__", {}).get(parameter.name)
    factory = getattr(field, "default_factory", dataclasses.MISSING)
    if factory is not dataclasses.MISSING:
        return factory()
    required = parameter.default is parameter.empty
    return dataclasses.MISSING if required else parameter.default


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
    if isinstance(kind, functools.partial):
        return _annotated(kind.func)
    if not isinstance(kind, type):
        function = kind if inspect.isroutine(kind) else type(kind).__call__
        return [inspect.unwrap(function)]
    is_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    if is_tuple or "__dataclass_fields__" in vars(kind):
        return list(reversed(kind.__mro__))
    return list(reversed(_constructors(kind)))


def is_enum(annotation: Any) -> bool:
    """Return whether an annotation is an enumeration, whose members settings name."""
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def in_texts(annotation: Any) -> Any:
    """Return an annotation with the members of enumerations replaced by their names.

    Example:
        >>> in_texts(Enum("Colour", ["red", "green"]))
        typing.Literal['red', 'green']
    """
    if is_enum(annotation):
        return Literal[tuple(annotation.__members__)]
    if get_origin(annotation) is Literal:
        names = (item.name if isinstance(item, Enum) else item for item in get_args(annotation))
        return Literal[tuple(names)]
    return annotation


def literal_names(allowed: tuple[Any, ...]) -> dict[str, Any]:
    """Return the texts of a `Literal` and the names of its members of enumerations."""
    return {
        (item.name if isinstance(item, Enum) else item): item
        for item in allowed
        if isinstance(item, str | Enum)
    }


def settings_class(annotation: Any) -> Any:
    """Return the dataclass that an annotation means, be it optional; None: it means none."""
    is_union = get_origin(annotation) in (Annotated, *UNIONS)
    kinds = [annotation, *(get_args(annotation) if is_union else ())]
    return next((kind for kind in kinds if dataclasses.is_dataclass(kind)), None)
