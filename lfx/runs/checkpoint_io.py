"""How Lightning writes checkpoints, and what it gets to resume from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightning_fabric.plugins.io.checkpoint_io import CheckpointIO

from lfx.runs.checkpoint_content import SECONDS
from lfx.runs.checkpoint_file import write_content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lightning_fabric.utilities.types import _PATH


class CheckpointFiles(CheckpointIO):
    """Writes checkpoints beside their place, reads none, and removes none.

    Lightning's own writes to TMPDIR first, and where that is another file system copies the
    content over, so that a kill in between loses the checkpoint that was there.

    Args:
        record: what lfx notes in each, in plain values.
        seconds: returns how long the model has been trained.

    Attributes:
        progress: what Lightning gets when it asks for a checkpoint: read and checked already.
    """

    progress: dict[str, Any] | None = None

    def __init__(self, record: Mapping[str, Any], seconds: Callable[[], float]) -> None:
        self.record = record
        self.seconds = seconds

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: _PATH, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint that is whole or absent."""
        del storage_options
        content = {**checkpoint, "lfx": dict(self.record), SECONDS: self.seconds()}
        write_content(Path(path), content)

    def load_checkpoint(
        self,
        path: _PATH,
        map_location: Any | None = None,
        weights_only: bool | None = None,  # noqa: FBT001 (Lightning's signature)
    ) -> dict[str, Any]:
        """Return `progress`; the file that Lightning names was read before."""
        del map_location, weights_only
        if self.progress is None:
            raise RuntimeError(f"Lightning asks for {path}, from which nothing resumes here")
        return self.progress

    def remove_checkpoint(self, path: _PATH) -> None:
        """Refuse: no checkpoint is ever removed."""
        raise RuntimeError(f"Lightning wants to remove {path}")
