"""The settings of the group `trainer`: how long, on what, and in which number format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from annotated_types import Interval

from lfx.runtime.checked import checked
from lfx.runtime.device import resolve_device
from lfx.runtime.settings import Count, NotNegative, Precision, Threads
from lfx.training.compute import Compute, choose_precision
from lfx.training.fit import Stop


@checked
@dataclass(frozen=True, kw_only=True)
class TrainerSettings:
    """How long, on what, and in which number format training runs.

    Args:
        device: auto, cpu, cuda, cuda:N or mps.
        precision: The number format of the heavy operations; auto: bf16 where the hardware
            multiplies it fast, else fp32.
        max_epochs: Most epochs.
        limit_train_batches: Most steps in an epoch, for a trial; null: the whole train split.
        patience: Epochs without a better validation loss before training stops.
        min_delta: By how much the validation loss must fall to count as better (the paper's 1e-4).
        batch_size: Samples per step.
        workers: Worker processes that prepare batches; null: none on a CPU, up to four beside a
            GPU.
        threads: CPU threads; null: as many as PyTorch takes by itself.
        progress: Whether a progress bar is drawn in a terminal.
    """

    device: str = "auto"
    precision: Precision = "auto"
    max_epochs: Count = 10
    limit_train_batches: Count | None = None
    patience: Count = 3
    min_delta: NotNegative = 1e-4
    batch_size: Count = 32
    workers: Annotated[int, Interval(ge=0, le=256)] | None = None
    threads: Threads | None = None
    progress: bool = True

    def compute(self) -> Compute:
        """Choose device and precision, and set the number of threads."""
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        device = resolve_device(self.device, "trainer.device")
        return Compute(
            device,
            choose_precision(self.precision, device),
            batch_size=self.batch_size,
            workers=self.workers,
            most_steps=self.limit_train_batches,
        )

    def stop(self, clip_norm: float | None) -> Stop:
        """Return when training ends."""
        return Stop(self.max_epochs, self.patience, self.min_delta, clip_norm)
