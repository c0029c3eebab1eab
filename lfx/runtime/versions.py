"""Versions of what shapes a result, and how to install what is missing."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import lfx

_PACKAGES = ("torch", "torchvision", "pytorch-lightning", "timm", "transformers", "numpy")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that shape a result."""
    found = {"python": platform.python_version(), "lfx": lfx.__version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a source tree that is not installed
            continue
    return found


def how_to_install(extra: str) -> str:
    """Return the command that installs an optional part of lfx.

    The distribution is not called `lfx`: on the package index that is another program.

    Example:
        >>> how_to_install("offline")
        'pip install "late-fusion-experiments[offline]"'
    """
    return f'pip install "late-fusion-experiments[{extra}]"'
