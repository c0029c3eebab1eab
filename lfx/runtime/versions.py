"""What was at work."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("lfx", "torch", "torchvision", "pytorch-lightning", "timm", "transformers", "numpy")


def versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that shape a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a source tree that is not installed
            continue
    return found
