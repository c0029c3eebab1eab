"""Settings of `lfx.augment`: conf/augment.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Interval
from omegaconf import MISSING

from lfx.runtime.settings import Count, Seed, all_problems


@dataclass
class AugmentConfig:
    """conf/augment.yaml."""

    # The data set; its train split is augmented, with data.folds train and val.
    data: Any = MISSING
    # The column of the texts.
    column: str = "text"
    # What makes the paraphrases.
    augmenter: Any = MISSING
    # Share of the train split that is paraphrased, class by class.
    share: float = 0.15
    # Seed of the choice.
    seed: int = 0
    # How a tweet is cleaned before it is paraphrased.
    cleaning: Any = MISSING
    # The file of paraphrases: JSON Lines with id and text.
    file: str = MISSING
    # Texts per batch; they are saved after each, so that a killed run loses at most one batch.
    batch_size: int = 64
    # Number of examples that are shown.
    examples: int = 6

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = all_problems(
            [
                ("seed", self.seed, Seed),
                ("share", self.share, Annotated[float, Interval(gt=0, le=1)]),
                ("batch_size", self.batch_size, Count),
                ("examples", self.examples, Annotated[int, Ge(0)]),
            ]
        )
        if self.data.fold is not None:
            problems.append("data.fold is for training; paraphrases are made for all folds at once")
        return problems
