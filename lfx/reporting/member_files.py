"""Where the members of a fusion lie, as its run's settings say."""

from __future__ import annotations

from pathlib import Path

from lfx.artifacts.reserved import ON_MISSING
from lfx.runtime.errors import DataError, RecordError
from lfx.runtime.records import read_yaml, resolve_references


def member_files(run: Path) -> dict[str, Path]:
    """Read the paths of a fusion's members, resolved in the folder that it was started in.

    Args:
        run: the fusion's directory.

    Raises:
        DataError: its settings cannot be read, or name no members.
    """
    folder = run / ".hydra"
    try:
        config, hydra = (read_yaml(folder / name) for name in ("config.yaml", "hydra.yaml"))
        members = config["members"]
        started_in = Path(str(hydra["hydra"]["runtime"]["cwd"]))
        paths = {
            name: resolve_references(config, str(path))
            for name, path in members.items()
            if name != ON_MISSING
        }
    except RecordError as error:
        raise DataError(f"{folder}: the fusion's members cannot be read: {error}") from error
    except (TypeError, KeyError, AttributeError):
        raise DataError(f"{folder} has no members, or no folder that it was started in") from None
    files = {name: started_in / path for name, path in paths.items()}
    return {name: file if file.is_file() else Path(paths[name]) for name, file in files.items()}
