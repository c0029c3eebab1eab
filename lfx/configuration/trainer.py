"""Settings of the group `trainer`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lfx.configuration.checks import MOST_AT_ONCE


class Precision(Enum):
    """The number format of the heavy operations."""

    auto = "auto"
    fp32 = "fp32"
    bf16 = "bf16"


@dataclass
class TrainerConfig:
    """How long, on what, and in which number format training runs."""

    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # auto: bf16 where the hardware multiplies it fast, else fp32.
    precision: Precision = Precision.auto
    # Most epochs.
    max_epochs: int = 10
    # Most steps in an epoch, for a trial; null: the whole train split.
    limit_train_batches: int | None = None
    # Epochs without a better validation loss before training stops.
    patience: int = 3
    # By how much the validation loss must fall to count as better (the paper's 1e-4).
    min_delta: float = 1e-4
    # Samples per step.
    batch_size: int = 32
    # Worker processes that prepare batches; null: none on a CPU, up to four beside a GPU.
    workers: int | None = None
    # CPU threads; null: as many as PyTorch takes by itself.
    threads: int | None = None
    # Whether a progress bar is drawn in a terminal.
    progress: bool = True

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [
            f"trainer.{name} must be at least 1, got {value}"
            for name, value in (
                ("max_epochs", self.max_epochs),
                ("limit_train_batches", self.limit_train_batches),
                ("patience", self.patience),
                ("batch_size", self.batch_size),
                ("threads", self.threads),
            )
            if value is not None and value < 1
        ]
        if self.threads is not None and self.threads > MOST_AT_ONCE:
            found.append(f"trainer.threads is in 1..{MOST_AT_ONCE}, got {self.threads}")
        if self.workers is not None and not 0 <= self.workers <= MOST_AT_ONCE:
            found.append(f"trainer.workers is in 0..{MOST_AT_ONCE}, got {self.workers}")
        if self.min_delta < 0:
            found.append(f"trainer.min_delta must be at least 0, got {self.min_delta}")
        return found
