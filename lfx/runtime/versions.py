"""Versions of the packages that influence a result, and how to install optional parts."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

import lfx

_PACKAGES = ("torch", "torchvision", "pytorch-lightning", "timm", "transformers", "numpy")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that influence a result."""
    installed = {"python": platform.python_version(), "lfx": lfx.__version__}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):  # a source tree that is not installed
            installed[package] = version(package)
    return installed


def how_to_install(extra: str) -> str:
    """Return the command that installs an optional part of lfx.

    The distribution is not called `lfx`: that name belongs to another program.

    Example:
        >>> how_to_install("offline")
        'pip install "late-fusion-experiments[offline]"'
    """
    return f'pip install "late-fusion-experiments[{extra}]"'
