"""The checkpoints in a run's folder: what they are called, and where they may lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.runtime.errors import CheckpointError
from lfx.runtime.files import copy_file

if TYPE_CHECKING:
    from pathlib import Path

FOLDER, BEST, LAST = "checkpoints", "best.ckpt", "last.ckpt"
# Where phase 1 of a modality with two phases keeps its own two.
PHASE_1 = f"{FOLDER}/phase_1"


def phase_folder(run: Path, phase: int | None) -> Path:
    """Return the folder of a phase's checkpoints in a run's."""
    return run / (PHASE_1 if phase == 1 else FOLDER)


def newest_of(run: Path) -> Path:
    """Return a run's newest `last.ckpt`, of the latest phase that has one; it need not exist."""
    files = [run / FOLDER / LAST, run / PHASE_1 / LAST]
    return next((file for file in files if file.is_file()), files[0])


def run_of(file: Path) -> Path:
    """Return the folder of the run that a checkpoint is of."""
    folder = next((one for one in file.parents if one.name == FOLDER), file.parent)
    return folder.parent


def require_own(run: Path) -> None:
    """Refuse a run's folder whose checkpoints would be written to another place.

    Args:
        run: the folder; it may be a link itself, since the user named it.

    Raises:
        CheckpointError: a folder for checkpoints in it is a link to a place outside.
    """
    home = run.resolve()
    for name in (FOLDER, PHASE_1):
        place = (run / name).resolve()
        if not place.is_relative_to(home):
            raise CheckpointError(
                f"{run / name} is a link to {place}, outside of the run's folder: checkpoints are "
                "written into the run's own folder alone. Remove the link, or choose the folder by "
                "hydra.run.dir=DIRECTORY"
            )


def copy_checkpoints(source: Path, target: Path) -> None:
    """Copy a folder's two checkpoints, each whole or not at all, the newest one at the end.

    Args:
        source: a folder `checkpoints`, or the one of phase 1 in it.
        target: likewise, of another run.
    """
    for name in (BEST, LAST):
        if (source / name).is_file() and (source / name).resolve() != (target / name).resolve():
            copy_file(source / name, target / name, durable=True)
