"""What Hydra tells of a multirun before it looks for a sweeper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hydra.experimental.callback import Callback

if TYPE_CHECKING:
    from omegaconf import DictConfig


class NoteFolder(Callback):
    """Notes a multirun's directory, so that whatever its launcher is, its end can be told.

    Hydra's own callback at a multirun's end is left out where any job has failed.
    """

    # Of the multirun that this process has begun; None in a single run.
    folder: ClassVar[Path | None] = None

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Note the directory."""
        NoteFolder.folder = Path(config.hydra.sweep.dir)
