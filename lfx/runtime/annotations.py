"""The annotations of a constructor, evaluated one by one."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from typing import Any, get_args, get_type_hints


def argument_annotations(kind: Any) -> dict[str, Any]:
    """Return the annotations of a class's or a function's arguments.

    Args:
        kind: a class, or a function.

    Returns:
        Name → annotation. Those that only a type checker can evaluate, since what they name is
        imported under `TYPE_CHECKING`, are left out.
    """
    own_fields = isinstance(kind, type) and "__dataclass_fields__" in vars(kind)
    if isinstance(kind, type) and not own_fields:
        owners: list[Any] = [inspect.unwrap(kind.__init__)]  # type: ignore[misc]
    else:
        owners = list(reversed(kind.__mro__)) if own_fields else [inspect.unwrap(kind)]
    evaluated = {}
    for owner in owners:
        written = (
            vars(owner).get("__annotations__", {})
            if isinstance(owner, type)
            else getattr(owner, "__annotations__", {})
        )
        names = vars(sys.modules[owner.__module__])
        for name, annotation in written.items():
            holder = type("Holder", (), {"__annotations__": {name: annotation}})
            try:
                evaluated[name] = get_type_hints(holder, names, include_extras=True)[name]
            except (NameError, TypeError, AttributeError):
                evaluated.pop(name, None)
    return evaluated


def settings_class(annotation: Any) -> Any:
    """Return the dataclass that an annotation means, be it optional; None: it means none."""
    kinds = [annotation, *get_args(annotation)]
    return next((kind for kind in kinds if dataclasses.is_dataclass(kind)), None)
