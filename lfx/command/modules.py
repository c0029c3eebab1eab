"""Finding the files of lfx's modules without importing them."""

from __future__ import annotations

from pathlib import Path

import lfx


def is_own(target: str) -> bool:
    """Return whether a dotted path is within lfx."""
    return target.partition(".")[0] == lfx.__name__


def file_of(module: str) -> Path:
    """Return the file of a module of lfx.

    Raises:
        LookupError: there is no such module.
    """
    # `find_spec` would import the packages around the module.
    *packages, name = module.split(".")
    folder = Path(lfx.__file__).parent.joinpath(*packages[1:])
    file = folder / f"{name}.py"
    if packages and file.is_file():
        return file
    package = folder / name / "__init__.py" if packages else folder / "__init__.py"
    if package.is_file():
        return package
    raise LookupError(f"there is no module {module}")
