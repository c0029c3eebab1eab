"""The folder of the YAML files."""

from __future__ import annotations

from pathlib import Path

_MARKER = "train.yaml"


def config_folder() -> Path:
    """Return the folder of the YAML files: in an installed wheel, or beside the package.

    Raises:
        FileNotFoundError: neither folder has them: the installation is damaged.
    """
    package = Path(__file__).resolve().parent.parent
    candidates = (package / "conf", package.parent / "conf")
    for folder in candidates:
        if (folder / _MARKER).is_file():
            return folder
    folders = " nor ".join(map(str, candidates))
    raise FileNotFoundError(f"no {_MARKER} in {folders}; install lfx again")
