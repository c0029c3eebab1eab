"""Importing what a dotted path names."""

from __future__ import annotations

from functools import reduce
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
    names = [name]
    while True:
        try:
            return reduce(getattr, reversed(names), import_module(module))
        except ModuleNotFoundError as error:
            outer = module.rpartition(".")[0]
            if error.name != module or not outer or _is_package(outer):
                raise
            names.append(module.rpartition(".")[2])
            module = outer


def _is_package(module: str) -> bool:
    try:
        return hasattr(import_module(module), "__path__")
    except ModuleNotFoundError:
        return False
