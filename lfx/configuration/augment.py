"""Settings of `lfx.augment`: conf/augment.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from lfx.configuration.checks import seed_in_range
from lfx.configuration.encoder import CleaningConfig


@dataclass
class AugmentConfig:
    """conf/augment.yaml."""

    # The data set; its train split is augmented, with data.folds train and val.
    data: Any = MISSING
    # What makes the paraphrases.
    augmenter: Any = MISSING
    # Which share of the train split is paraphrased, class by class.
    share: float = 0.15
    # Seed of the choice.
    seed: int = 0
    # What is done to a tweet before it is paraphrased.
    cleaning: CleaningConfig = field(default_factory=CleaningConfig)
    # Where the paraphrases go: JSON Lines with id and text.
    file: str = MISSING
    # Texts between two lines of progress; a run that is killed loses no more than these.
    batch_size: int = 64
    # How many are shown.
    examples: int = 6

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [*seed_in_range("seed", self.seed)]
        if not 0 < self.share <= 1:
            found.append(f"share is above 0 and at most 1, got {self.share}")
        if self.data.fold is not None:
            found.append("data.fold is for training; paraphrases are made for all folds at once")
        if self.batch_size < 1:
            found.append(f"batch_size must be at least 1, got {self.batch_size}")
        if self.examples < 0:
            found.append(f"examples must be at least 0, got {self.examples}")
        return found
