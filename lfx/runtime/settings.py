"""What a constructor's annotations allow as a setting: a type, allowed values, a range.

From the annotations come the schema that Hydra checks a command line against, the help, and the
check of the constructor itself.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from importlib import import_module
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Interval

from lfx.runtime.annotations import UNIONS, in_texts
from lfx.runtime.bounds import fits, in_words, single

# Ranges that many settings have.
Share = Annotated[float, Interval(ge=0, le=1)]
Probability = Annotated[float, Interval(ge=0, lt=1)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Count = Annotated[int, Ge(1)]
# More threads or processes than a machine allows make it fail, and are not faster.
Threads = Annotated[int, Interval(ge=1, le=256)]
Precision = Literal["auto", "fp32", "bf16"]
Seed = Annotated[int, Interval(ge=0, lt=2**32)]


@dataclasses.dataclass(frozen=True)
class Setting:
    """One argument of a constructor.

    Attributes:
        name: of the argument.
        annotation: its type, with allowed values (`Literal`) and bounds (`Annotated`).
        default: in plain values; `dataclasses.MISSING` where it is required.
        sentence: its description in the docstring; may be empty.
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
_TYPES: dict[Any, str] = {
    bool: "true or false",
    float: "a number",
    int: "an integer",
    str: "a text",
    **dict.fromkeys((list, tuple, Sequence, set, frozenset, AbstractSet), "a list"),
    **dict.fromkeys((dict, Mapping), "a mapping"),
}


def component_name(component: object) -> str:
    """Return the name of a scheme or a calibration in files: `DetectionRate` → `detection_rate`.

    Example:
        >>> class StackingMlp: ...
        >>> component_name(StackingMlp())
        'stacking_mlp'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(component).__name__).lower()


def value_problems(key: str, value: object, annotation: Any) -> list[str]:
    """Return the problems of a setting's value.

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
    annotation = in_texts(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in UNIONS:
        return _union_problems(key, value, arguments)
    if origin is Literal:
        return [] if _is_one_of(value, arguments) else [_not_allowed(key, value, arguments)]
    if origin is Annotated:
        inner, *limits = arguments
        return value_problems(key, value, inner) or _out_of_bounds(key, value, limits)
    if value is None and annotation not in {Any, None, type(None)}:
        return [_NULL.format(key)]
    if not _is_of_type(value, annotation):
        expected = _TYPES.get(
            origin or annotation, getattr(annotation, "__name__", str(annotation))
        )
        return [f"{key} must be {expected}, got {value!r}"]
    return _inner_problems(key, value, annotation)


def describe(annotation: Any) -> str:
    """Return what an annotation allows, in words.

    Example:
        >>> describe(Annotated[int, Ge(1)] | None), describe(Literal["paper", "corrected"])
        ('an integer at least 1, or null', 'paper or corrected')
    """
    annotation = in_texts(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in UNIONS:
        rest = [describe(kind) for kind in arguments if kind is not type(None)]
        return ", or ".join([*rest, "null"] if len(rest) < len(arguments) else rest)
    if origin is Literal:
        return _either(_shown(arguments))
    if origin is Annotated:
        inner, *limits = arguments
        lists = [_either(limit.allowed()) for limit in limits if isinstance(limit, OneOf)]
        return lists[0] if lists else f"{describe(inner)} {in_words(limits)}".strip()
    kind = _TYPES.get(origin or annotation, "")
    if kind and origin is not None:
        return f"{kind}, each value {describe(arguments[-1 if len(arguments) > 1 else 0])}"
    return kind


def _either(allowed: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(allowed[:-1]), *allowed[-1:]]))


def all_problems(settings: Iterable[tuple[str, object, Any]]) -> list[str]:
    """Return the problems of several settings: key, value and annotation each."""
    return [problem for setting in settings for problem in value_problems(*setting)]


def _inner_problems(key: str, value: object, annotation: Any) -> list[str]:
    """Return the problems of a value of the right type: in its elements, or as a number."""
    arguments = get_args(annotation)
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{key}: a finite number is needed, got {value}"]
    if isinstance(value, Mapping):
        name_kind, of = arguments if len(arguments) == 2 else (Any, Any)  # noqa: PLR2004
        names = in_texts(name_kind)
        keys = [(f"{key}'s keys", name, names) for name in value if get_origin(names) is Literal]
        return all_problems(
            [*keys, *((f"{key}.{name}", element, of) for name, element in value.items())]
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        of = [arguments[0] if arguments else Any] * len(value)
        if get_origin(annotation) is tuple and ... not in arguments:  # by position
            if len(value) != len(arguments):
                return [f"{key} must be of length {len(arguments)}, got {value!r}"]
            of = list(arguments)
        return all_problems(
            (f"{key}[{index}]", element, kind)
            for index, (element, kind) in enumerate(zip(value, of, strict=True))
        )
    return []


def _union_problems(key: str, value: object, alternatives: tuple[Any, ...]) -> list[str]:
    """Return the problems under the alternative that fits best."""
    rest = [kind for kind in alternatives if kind is not type(None)]
    if value is None:
        return [] if len(rest) < len(alternatives) else [_NULL.format(key)]
    nearest = [kind for kind in rest if _is_of_type(value, kind)] or rest
    return min((value_problems(key, value, kind) for kind in nearest), key=len)


def _is_of_type(value: object, annotation: Any) -> bool:
    """Check the plain type alone; for a `Literal`, the type of its values."""
    annotation = in_texts(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_of_type(value, arguments[0])
    if origin is Literal:
        return type(value) in set(map(type, arguments))
    kind = origin or annotation
    if kind in {int, float}:
        numbers = int if kind is int else int | float
        return isinstance(value, numbers) and not isinstance(value, bool)
    if kind in {list, tuple, Sequence, set, frozenset, AbstractSet}:
        return isinstance(value, Sequence) and not isinstance(value, str)
    if dataclasses.is_dataclass(kind):  # in plain values it is a mapping
        return not isinstance(value, bool | float | int | str | list | tuple)
    return kind not in _TYPES or isinstance(value, kind)


def _is_one_of(value: object, allowed: tuple[object, ...]) -> bool:
    """Check for an allowed value; 1 is not true here."""
    return any(type(item) is type(value) and item == value for item in allowed)


def _not_allowed(key: str, value: object, allowed: tuple[object, ...]) -> str:
    return f"{key}: allowed are {', '.join(_shown(allowed))}; got {value!r}"


def _shown(allowed: Iterable[object]) -> list[str]:
    """Return values as YAML has them."""
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in allowed]


def _out_of_bounds(key: str, value: Any, limits: Sequence[Any]) -> list[str]:
    lists = [limit.allowed() for limit in single(limits) if isinstance(limit, OneOf)]
    if any(value not in allowed for allowed in lists):
        return [_not_allowed(key, value, tuple(lists[0]))]
    return [] if fits(value, limits) else [f"{key} must be {in_words(limits)}, got {value}"]
