"""The checkpoints that a run keeps while it trains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lfx.runs.files import BEST, LAST
from lfx.runs.progress import fitting_optimizer_state
from lfx.training.context import BestKept

if TYPE_CHECKING:
    from pathlib import Path

    import pytorch_lightning as pl


class KeepCheckpoints(BestKept):
    """Keeps `best.ckpt` and `last.ckpt` in a folder up to date, at the end of each epoch.

    These two files are all that is ever replaced; what a checkpoint says of other files is not
    read. `best.ckpt` holds weights only, `last.ckpt` all that training resumes from.

    Args:
        folder: where they go.
        monitor: the metric of which the least value is the best.
    """

    def __init__(self, folder: Path, monitor: str) -> None:
        self.folder = folder
        self.monitor = monitor
        # A loss that is no number counts as an infinite one.
        self.best_score: float | None = None

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        for optimizer in trainer.optimizers:
            optimizer.register_load_state_dict_pre_hook(fitting_optimizer_state)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        score = float(trainer.callback_metrics[self.monitor])
        score = math.inf if math.isnan(score) else score
        if self.best_score is None or score < self.best_score:
            self.best_score = score
            trainer.save_checkpoint(self.folder / BEST, weights_only=True)
        # After the best one, so that it knows the newest best score.
        trainer.save_checkpoint(self.folder / LAST, weights_only=False)

    def state_dict(self) -> dict[str, Any]:
        return {"best_score": self.best_score}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best_score = state_dict["best_score"]
