"""Classes whose constructors refuse what their annotations do not allow."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from lfx.runtime.errors import ConfigError
from lfx.runtime.imports import dotted_path
from lfx.runtime.settings import all_problems

if TYPE_CHECKING:
    from collections.abc import Callable

Component = TypeVar("Component")


def checked(kind: type[Component]) -> type[Component]:
    """Make a class check its constructor's arguments against their annotations.

    Raises:
        ConfigError: on construction; the message lists every argument that is not allowed.
    """
    build: Callable[..., None] = vars(kind)["__init__"]
    signature = inspect.signature(build)
    hints = functools.cache(
        lambda: get_type_hints(
            kind if dataclasses.is_dataclass(kind) else build, include_extras=True
        )
    )

    @functools.wraps(build)
    def build_checked(self: Any, *arguments: Any, **named: Any) -> None:
        given = signature.bind(self, *arguments, **named).arguments
        annotated = [
            (name, value, hints()[name]) for name, value in given.items() if name in hints()
        ]
        problems = all_problems(annotated) + [
            f"{name} must be a {dotted_path(hint)}, got {type(value).__name__}"
            for name, value, hint in annotated
            if inspect.isabstract(hint) and not isinstance(value, hint)
        ]
        if problems:
            raise ConfigError("\n".join(problems))
        build(self, *arguments, **named)

    kind.__init__ = build_checked  # type: ignore[method-assign]
    return kind
