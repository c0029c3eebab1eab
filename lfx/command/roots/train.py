"""Settings of `lfx.train`: conf/train.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from lfx.command.roots.artifacts import TrainArtifactsConfig
from lfx.command.roots.figures import WithFigures
from lfx.command.roots.scores import WithScores
from lfx.runtime.naming import name_problems
from lfx.runtime.settings import Seed, value_problems


@dataclass
class TrainConfig(WithScores, WithFigures):
    """conf/train.yaml."""

    # The artifact's name.
    name: str = MISSING
    # Seed of weights, batches, augmentation and dropout.
    seed: int = 0
    # null: train from the start. last: resume the newest unfinished run of this kind. auto: the
    # same, but from the start if there is none. Else a file.
    ckpt: str | None = None
    # The phases of training=contrastive to run: both, 1 or 2.
    phase: str = "both"
    # The checkpoint whose encoder phase=2 starts from: RUN/checkpoints/phase_1/best.ckpt.
    phase_1_ckpt: str | None = None
    # Runs of one modality each that parts of modality=joint start from, by part: a checkpoint such
    # as RUN/checkpoints/best.ckpt, or the run's folder.
    start: dict[str, str] = field(default_factory=dict)
    # The data set.
    data: Any = MISSING
    # The kind of content that is read of each sample.
    modality: Any = MISSING
    # The encoder, which turns content into features.
    encoder: Any = MISSING
    # What joins the features of several encoders; null without modality=joint.
    joint: Any = None
    # The classifier on the features.
    head: Any = MISSING
    # How the model is trained.
    training: Any = MISSING
    # The loss of phase 1; null without phase 1.
    loss: Any = None
    # Paraphrases of training texts.
    paraphrases: Any = MISSING
    # Epochs, device and other settings of the training loop.
    trainer: Any = MISSING
    # Where metrics go.
    logger: Any = MISSING
    # What is published, and where.
    artifacts: TrainArtifactsConfig = MISSING

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = [*name_problems("name", self.name), *value_problems("seed", self.seed, Seed)]
        if self.data.folds is not None and self.ckpt not in {None, "last", "auto"}:
            problems.append("ckpt=FILE resumes one model; with data.folds use ckpt=last")
        return problems
