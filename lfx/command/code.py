"""Digests of the user's own code, so that a repeated multirun notices its changes."""

from __future__ import annotations

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

from lfx.command.modules import is_own
from lfx.runtime.convert import TARGET
from lfx.runtime.imports import import_object


def code_digests(settings: object) -> dict[str, str]:
    """Return a digest of the source of each module outside of lfx that settings name a class of.

    Args:
        settings: in plain values.

    Returns:
        Module → digest; empty where its source cannot be found.
    """
    return {name: _digest_of(name) for name in sorted(_outside(settings))}


def _outside(settings: object) -> set[str]:
    """Return the modules outside of lfx of the classes that settings name."""
    if isinstance(settings, dict):
        target = settings.get(TARGET)
        is_outside = isinstance(target, str) and not is_own(target)
        modules = _modules_of(str(target)) if is_outside else set()
        return modules.union(*map(_outside, settings.values()))
    return set().union(*map(_outside, settings)) if isinstance(settings, list) else set()


def _modules_of(target: str) -> set[str]:
    """Return the module that a `_target_` names, and the one that defines the class there."""
    module = target.rpartition(".")[0]
    try:
        defined = str(import_object(target).__module__)
    except Exception:  # noqa: BLE001, building the class reports it
        return {module}
    while module not in sys.modules:  # a class within a class
        module = module.rpartition(".")[0]
    return {module, defined}


def _digest_of(module: str) -> str:
    """Return a digest of a module's source; empty if it cannot be found."""
    try:
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            return ""
        return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()
    except (ImportError, OSError, ValueError):
        return ""
