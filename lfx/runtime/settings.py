"""What a value must be to be a setting: a type, allowed values, a range.

The annotations of a constructor say it once. From them come the schema that Hydra checks a command
line against, the help, and the check of the constructor itself.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Gt, Interval, Le, Lt, MaxLen, MinLen

# Ranges that many settings have.
Share = Annotated[float, Interval(ge=0, le=1)]
Probability = Annotated[float, Interval(ge=0, lt=1)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Count = Annotated[int, Ge(1)]
# More threads or processes than a machine can have is a crash, and no faster on any.
Threads = Annotated[int, Interval(ge=1, le=256)]
Seed = Annotated[int, Interval(ge=0, lt=2**32)]


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a constructor says of one argument.

    Attributes:
        name: of the argument.
        annotation: its type, with allowed values (`Literal`) and bounds (`Annotated`).
        default: in plain values; `dataclasses.MISSING` where it has to be given.
        sentence: of the docstring; empty where it has none.
    """

    name: str
    annotation: Any
    default: Any
    sentence: str


@dataclasses.dataclass(frozen=True)
class OneOf:
    """A bound for `Annotated`: the allowed values are those of a registry.

    Attributes:
        registry: dotted path of a function that returns the registry's names.
        more: values that are allowed beside these.
    """

    registry: str
    more: Sequence[str] = ()

    def allowed(self) -> list[str]:
        """Return all allowed values."""
        module, _, name = self.registry.rpartition(".")
        return [*getattr(import_module(module), name)(), *self.more]


_NULL = "{} must not be null"
_UNIONS = (Union, types.UnionType)
_TYPES: dict[Any, str] = {
    bool: "true or false",
    float: "a number",
    int: "an integer",
    str: "a text",
    **dict.fromkeys((list, tuple, Sequence), "a list"),
    **dict.fromkeys((dict, Mapping), "a mapping"),
}


def component_name(component: object) -> str:
    """Return what a scheme or a calibration is called in files: `DetectionRate` → `detection_rate`.

    Example:
        >>> class StackingMlp: ...
        >>> component_name(StackingMlp())
        'stacking_mlp'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(component).__name__).lower()


def value_problems(key: str, value: object, annotation: Any) -> list[str]:
    """Return what is wrong with the value of a setting.

    Args:
        key: the setting, for messages.
        value: a plain value: a number, a string, a boolean, None, or a list or mapping of these.
        annotation: of the constructor's parameter. `Literal` and `annotated_types` bounds are
            checked, at any depth; of other types only that numbers are finite.

    Returns:
        One sentence for each problem; nothing where the value is allowed.

    Example:
        >>> value_problems("fusion.steps", 0, Annotated[int, Ge(1)] | None)
        ['fusion.steps must be at least 1, got 0']
        >>> value_problems("fusion.form", "papers", Literal["paper", "corrected"])
        ["fusion.form: allowed are paper, corrected; got 'papers'"]
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in _UNIONS:
        return _union_problems(key, value, arguments)
    if origin is Literal:
        return [] if _is_one_of(value, arguments) else [_not_allowed(key, value, arguments)]
    if origin is Annotated:
        inner, *limits = arguments
        return value_problems(key, value, inner) or _out_of_bounds(key, value, limits)
    if value is None and annotation not in {Any, None, type(None)}:
        return [_NULL.format(key)]
    if not _is_of_type(value, annotation):
        told = _TYPES.get(origin or annotation, getattr(annotation, "__name__", str(annotation)))
        return [f"{key} must be {told}, got {value!r}"]
    return _inner_problems(key, value, arguments)


def describe(annotation: Any) -> str:
    """Return in words what an annotation allows.

    Example:
        >>> describe(Annotated[int, Ge(1)] | None), describe(Literal["paper", "corrected"])
        ('an integer at least 1, or null', 'paper or corrected')
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in _UNIONS:
        rest = [describe(one) for one in arguments if one is not type(None)]
        return ", or ".join([*rest, "null"] if len(rest) < len(arguments) else rest)
    if origin is Literal:
        return _either([str(one) for one in arguments])
    if origin is Annotated:
        inner, *limits = arguments
        lists = [_either(one.allowed()) for one in limits if isinstance(one, OneOf)]
        return lists[0] if lists else f"{describe(inner)} {_bounds(limits)}".strip()
    told = _TYPES.get(origin or annotation, "")
    if told and origin is not None:
        return f"{told} of which each is {describe(arguments[-1 if len(arguments) > 1 else 0])}"
    return told


def _either(allowed: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(allowed[:-1]), *allowed[-1:]]))


def all_problems(settings: Iterable[tuple[str, object, Any]]) -> list[str]:
    """Return the problems of several settings: key, value and annotation each."""
    return [problem for one in settings for problem in value_problems(*one)]


def _inner_problems(key: str, value: object, arguments: tuple[Any, ...]) -> list[str]:
    """Return the problems of a value of the right type: of its elements, or of a number."""
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{key}: a finite number is needed, got {value}"]
    if isinstance(value, Mapping):
        of = arguments[1] if len(arguments) == 2 else Any  # noqa: PLR2004, key and value
        return all_problems((f"{key}.{name}", one, of) for name, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        of = arguments[0] if arguments else Any
        return all_problems((f"{key}[{index}]", one, of) for index, one in enumerate(value))
    return []


def _union_problems(key: str, value: object, alternatives: tuple[Any, ...]) -> list[str]:
    """Return the problems under the alternative that fits best; None is told apart first."""
    rest = [one for one in alternatives if one is not type(None)]
    if value is None:
        return [] if len(rest) < len(alternatives) else [_NULL.format(key)]
    found = [value_problems(key, value, one) for one in rest if _is_of_type(value, one)]
    if not found:
        found = [value_problems(key, value, one) for one in rest]
    return min(found, key=len)


def _is_of_type(value: object, annotation: Any) -> bool:
    """Check the plain type alone; of a `Literal`, that of its values."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_of_type(value, arguments[0])
    if origin is Literal:
        return type(value) in {type(one) for one in arguments}
    kind = origin or annotation
    if kind in {int, float}:
        numbers = int if kind is int else int | float
        return isinstance(value, numbers) and not isinstance(value, bool)
    if kind in {list, tuple, Sequence}:
        return isinstance(value, Sequence) and not isinstance(value, str)
    return kind not in _TYPES or isinstance(value, kind)


def _is_one_of(value: object, allowed: tuple[object, ...]) -> bool:
    """Check for an allowed value; 1 is not true here."""
    return any(type(one) is type(value) and one == value for one in allowed)


def _not_allowed(key: str, value: object, allowed: tuple[object, ...]) -> str:
    return f"{key}: allowed are {', '.join(map(str, allowed))}; got {value!r}"


def _out_of_bounds(key: str, value: Any, limits: Sequence[Any]) -> list[str]:
    single = _single(limits)
    lists = [one.allowed() for one in single if isinstance(one, OneOf)]
    if any(value not in allowed for allowed in lists):
        return [_not_allowed(key, value, tuple(lists[0]))]
    fits = (
        _BOUNDS[type(one)][2](value, getattr(one, _BOUNDS[type(one)][0]))
        for one in single
        if type(one) in _BOUNDS
    )
    return [] if all(fits) else [f"{key} must be {_bounds(limits)}, got {value}"]


def _bounds(limits: Sequence[Any]) -> str:
    """Return bounds in words."""
    told = [
        _BOUNDS[type(one)][1].format(getattr(one, _BOUNDS[type(one)][0]))
        for one in _single(limits)
        if type(one) in _BOUNDS
    ]
    return " and ".join(told)


def _single(limits: Sequence[Any]) -> list[Any]:
    """Take apart bounds that stand for several, such as `Interval`."""
    return [
        part
        for limit in limits
        for part in (limit if isinstance(limit, GroupedMetadata) else [limit])
    ]


_BOUNDS: dict[type, tuple[str, str, Callable[[Any, Any], bool]]] = {
    Ge: ("ge", "at least {}", lambda value, least: value >= least),
    Gt: ("gt", "above {}", lambda value, least: value > least),
    Le: ("le", "at most {}", lambda value, most: value <= most),
    Lt: ("lt", "below {}", lambda value, most: value < most),
    MinLen: ("min_length", "of length {} or more", lambda v, least: len(v) >= least),
    MaxLen: ("max_length", "of length {} or less", lambda v, most: len(v) <= most),
}
