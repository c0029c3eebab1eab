"""Recording a multirun's directory before Hydra looks for a sweeper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hydra.experimental.callback import Callback

if TYPE_CHECKING:
    from omegaconf import DictConfig


class NoteFolder(Callback):
    """Records a multirun's directory, so that it is reported with any launcher.

    Hydra's callback at a multirun's end is not called if a job has failed.
    """

    # Of the multirun that this process has started; None in a single run.
    folder: ClassVar[Path | None] = None

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Record the directory."""
        NoteFolder.folder = Path(config.hydra.sweep.dir)
