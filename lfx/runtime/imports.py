"""Importing what a dotted path names."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def import_object(path: str) -> Any:
    """Return what a dotted path names; a class within a class too.

    Args:
        path: `MODULE.NAME` or `MODULE.OUTER.INNER`.

    Raises:
        ImportError: there is no such module.
        AttributeError: the module has no such name.
        Exception: whatever the module raises as it is imported.

    Example:
        >>> import_object("pathlib.Path.home").__name__
        'home'
    """
    module, _, name = path.rpartition(".")
    try:
        owner = import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module or "." not in module:
            raise
        try:  # a class that the class is within
            owner = import_object(module)
        except AttributeError:
            raise error from None
    return getattr(owner, name)
