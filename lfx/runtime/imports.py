"""Importing what a dotted path names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lfx.runtime.errors import ConfigError, in_one_line
from lfx.runtime.signals import Terminated


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


def dotted_path(kind: type) -> str:
    """Return the path by which `import_object` finds a class.

    Example:
        >>> dotted_path(ConfigError)
        'lfx.runtime.errors.ConfigError'
    """
    return f"{kind.__module__}.{kind.__qualname__}"


def import_target(target: str) -> Any:
    """Return the class, or the function, that a `_target_` of the user's settings names.

    Raises:
        ConfigError: there is none, or its module cannot be imported.
    """
    if not isinstance(target, str) or "." not in target:
        raise ConfigError(f"_target_={target} names no class: MODULE.CLASS is needed")
    try:
        imported = import_object(target)
    except Terminated:
        raise
    except (Exception, SystemExit) as error:  # a module of the user's runs, and may do anything
        is_missing = isinstance(error, ModuleNotFoundError) and target.startswith(str(error.name))
        hint = "; a class outside of lfx is found if its folder is in PYTHONPATH"
        reason = str(error) if isinstance(error, ImportError) else in_one_line(error)
        if isinstance(error, SystemExit):
            reason = f"the module ends the program as it is imported: SystemExit({error.code})"
        raise ConfigError(
            f"_target_={target} cannot be imported: {reason}{hint if is_missing else ''}"
        ) from error
    if not callable(imported):
        raise ConfigError(f"_target_={target} is not a class")
    return imported
