"""Bounds of `annotated_types`: checked, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotated_types import (
    Ge,
    GroupedMetadata,
    Gt,
    Le,
    Lt,
    MaxLen,
    MinLen,
    MultipleOf,
    Predicate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def fits(value: Any, limits: Sequence[Any]) -> bool:
    """Return whether a value is within all bounds; those of other libraries are not checked."""
    return all(
        _BOUNDS[type(limit)][2](value, _bound(limit))
        for limit in single(limits)
        if type(limit) in _BOUNDS
    )


def in_words(limits: Sequence[Any]) -> str:
    """Return bounds in words."""
    limits = single(limits)
    lengths = {_bound(limit) for limit in limits if isinstance(limit, MinLen | MaxLen)}
    if len(lengths) == 1 and len(limits) > 1:
        return f"of length {lengths.pop()}"
    known = [limit for limit in limits if type(limit) in _BOUNDS]
    return " and ".join(_BOUNDS[type(limit)][1].format(_bound(limit)) for limit in known)


def _bound(limit: Any) -> Any:
    """Return the value of a bound."""
    return getattr(limit, _BOUNDS[type(limit)][0])


def single(limits: Sequence[Any]) -> list[Any]:
    """Return bounds with those that stand for several, such as `Interval`, taken apart."""
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
    MultipleOf: ("multiple_of", "a multiple of {}", lambda value, unit: value % unit == 0),
    Predicate: ("func", "what {.__qualname__} accepts", lambda value, accepts: accepts(value)),
    MinLen: ("min_length", "of length {} or more", lambda v, least: len(v) >= least),
    MaxLen: ("max_length", "of length {} or less", lambda v, most: len(v) <= most),
}
