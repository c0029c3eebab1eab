"""Settings of `lfx.predict`: conf/predict.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from lfx.configuration.trainer import Precision
from lfx.runtime.naming import name_problems


@dataclass
class PredictConfig:
    """conf/predict.yaml."""

    # The checkpoint of a training run.
    ckpt: str = MISSING
    # The artifact's name; null: the checkpoint's.
    name: str | None = None
    # The data set; labels are optional.
    data: Any = MISSING
    # Further scores, from outside of lfx: name -> what returns it.
    scores: Any = field(default_factory=dict)
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # auto: bf16 where the hardware multiplies it fast, else fp32.
    precision: Precision = Precision.auto
    # Samples per step.
    batch_size: int = 64

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [] if self.name is None else name_problems("name", self.name)
        if self.data.folds is not None:
            found.append("data.folds is for training; one checkpoint predicts every sample once")
        if self.batch_size < 1:
            found.append(f"batch_size must be at least 1, got {self.batch_size}")
        return found
