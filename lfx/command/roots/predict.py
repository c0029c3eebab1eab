"""Settings of `lfx.predict`: conf/predict.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from lfx.command.roots.figures import WithFigures
from lfx.command.roots.scores import WithScores
from lfx.runtime.naming import name_problems
from lfx.runtime.settings import Count, Precision, all_problems


@dataclass
class PredictConfig(WithScores, WithFigures):
    """conf/predict.yaml."""

    # The checkpoint of a training run.
    ckpt: str = MISSING
    # Classes from outside of lfx that the checkpoint may name, such as [mine.Encoder].
    trust: list[str] = field(default_factory=list)
    # The artifact's name; null: the checkpoint's.
    name: str | None = None
    # The data set; labels are optional.
    data: Any = MISSING
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # auto: bf16 if the hardware is fast at it, else fp32.
    precision: str = "auto"
    # Samples per step.
    batch_size: int = 64

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = [] if self.name is None else name_problems("name", self.name)
        problems += all_problems(
            [("precision", self.precision, Precision), ("batch_size", self.batch_size, Count)]
        )
        if self.data.folds is not None:
            problems.append("data.folds is for training; one checkpoint predicts every sample once")
        return problems
