"""What happens while a model is trained: stopping early, a line an epoch, counting batches."""

from __future__ import annotations

import logging
import math
import time
from contextlib import ExitStack
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping

from lfx.runtime.progress import Steps, within

log = logging.getLogger(__name__)


class Stopping(EarlyStopping):
    """Early stopping that a run which is resumed after it had stopped respects."""

    def __init__(self, monitor: str, *, min_delta: float, patience: int) -> None:
        super().__init__(monitor, min_delta=min_delta, patience=patience, mode="min")

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class EpochLog(pl.Callback):
    """A line an epoch, in the terminal and in the run's log.

    Args:
        prefix: what stands before the metrics' names.
        title: what the lines begin with.
        pause: seconds in which epochs after the first get no line; the last one has its line.
    """

    def __init__(self, prefix: str = "", title: str = "", pause: float = 0.0) -> None:
        self.prefix = prefix
        self.title = title
        self.pause = pause
        self.start = self.trained = 0.0
        self.logged = -math.inf  # a clock may have started a moment ago, with the machine
        self.samples = 0
        self.line = ""

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.start = time.perf_counter()
        self.samples = 0

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        self.samples += len(batch["label"])

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.trained = time.perf_counter() - self.start

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        now = time.perf_counter()
        metrics = {
            key.removeprefix(self.prefix): float(value)
            for key, value in trainer.callback_metrics.items()
        }
        shown = [f"{key.replace('/', ' ')} {metrics[key]:.4f}" for key in _SHOWN if key in metrics]
        shown += [
            f"anchors without pairs in {split} {metrics[f'{split}/unpaired']:.0f}"
            for split in ("train", "val")
            if metrics.get(f"{split}/unpaired")
        ]
        self.line = (
            f"{self.title}epoch {trainer.current_epoch + 1}/{trainer.max_epochs}: "
            f"{', '.join(shown)} ({now - self.start:.1f} s, {self.samples / self.trained:.0f}/s)"
        )
        if now - self.logged >= self.pause:
            self._tell(now)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._tell(time.perf_counter())

    def _tell(self, now: float) -> None:
        """Log the newest line, once."""
        if self.line:
            log.info(self.line)
        self.line, self.logged = "", now


class CountBatches(pl.Callback):
    """Counts the batches of a fit, epoch by epoch.

    Args:
        epochs: of the fit.
    """

    def __init__(self, epochs: Steps) -> None:
        self.epochs = epochs
        self.batches = Steps("batch", 1)
        self.open = ExitStack()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.epochs.resume(trainer.current_epoch)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        total = int(trainer.num_training_batches) + int(sum(trainer.num_val_batches))
        self.batches = self.open.enter_context(within(Steps("batch", total)))

    def on_train_batch_end(self, *_: Any) -> None:
        self.batches.advance()

    def on_validation_batch_end(self, *_: Any) -> None:
        self.batches.advance()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.open.close()
        self.epochs.advance()


class CountPredicted(pl.Callback):
    """Counts the batches that are predicted.

    Args:
        batches: all of them.
    """

    def __init__(self, batches: Steps) -> None:
        self.batches = batches

    def on_predict_batch_end(self, *_: Any) -> None:
        self.batches.advance()


_SHOWN = ("train/loss", "val/loss", "val/accuracy")
