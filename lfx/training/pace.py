"""Learning rates and throughput, sent to a run's logger while a model is trained."""

from __future__ import annotations

import time
from typing import Any

import pytorch_lightning as pl


class Pace(pl.Callback):
    """Logs learning rates as they change, and the samples that each epoch trained a second.

    `train/learning_rate` is the encoder's, `train/head_learning_rate` the head's where it has
    another. Without a logger nothing is done.

    Args:
        prefix: what stands before the metrics' names.
        every: after so many steps learning rates are logged, and as each epoch begins.
    """

    def __init__(self, prefix: str = "", *, every: int = 10) -> None:
        self.prefix, self.every = prefix, every
        self.start = 0.0
        self.samples = 0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.start = time.perf_counter()
        self.samples = 0

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self.samples += len(batch["label"])
        is_due = batch_idx == 0 or trainer.global_step % self.every == 0
        groups = trainer.optimizers[0].param_groups if is_due and trainer.optimizers else []
        if groups:
            first, last = groups[0], groups[-1]
            rates = {"train/learning_rate": first["lr"]}
            if _peak(last) != _peak(first):
                rates["train/head_learning_rate"] = last["lr"]
            self._send(trainer, rates, trainer.global_step)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the epoch's pace; validation follows the epoch's last batch."""
        seconds = time.perf_counter() - self.start
        if self.samples and seconds > 0:
            pace = {"train/samples_per_second": self.samples / seconds}
            self._send(trainer, pace, trainer.global_step - 1)
        self.samples = 0

    def _send(self, trainer: pl.Trainer, values: dict[str, float], step: int) -> None:
        named = {f"{self.prefix}{key}": value for key, value in values.items()}
        for logger in trainer.loggers:
            logger.log_metrics(named | {"epoch": trainer.current_epoch}, step)


def _peak(group: dict[str, Any]) -> float:
    return float(group.get("initial_lr", group["lr"]))
