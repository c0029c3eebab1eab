"""Where the YAML files lie."""

from __future__ import annotations

from pathlib import Path

_MARKER = "train.yaml"


def config_folder() -> Path:
    """Find the YAML files: inside an installed wheel, or beside the package in a checkout.

    Raises:
        FileNotFoundError: neither place holds it, so the installation is broken.
    """
    package = Path(__file__).resolve().parent.parent
    candidates = (package / "conf", package.parent / "conf")
    for folder in candidates:
        if (folder / _MARKER).is_file():
            return folder
    places = " nor ".join(str(folder) for folder in candidates)
    raise FileNotFoundError(f"no {_MARKER} in {places}; install lfx again")
