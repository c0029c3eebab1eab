"""Settings of `lfx.train`: conf/train.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from lfx.configuration.artifacts import TrainArtifactsConfig
from lfx.configuration.checks import seed_in_range
from lfx.configuration.contrastive import ContrastiveConfig
from lfx.configuration.encoder import EncoderConfig, Reads, Trainable
from lfx.configuration.logger import LoggerConfig
from lfx.configuration.modality import ModalityConfig
from lfx.configuration.paraphrases import ParaphrasesConfig
from lfx.configuration.trainer import TrainerConfig
from lfx.runtime.naming import name_problems


@dataclass
class TrainConfig:
    """conf/train.yaml."""

    # The artifact's name.
    name: str = MISSING
    # Seed of weights, batches, augmentation and dropout.
    seed: int = 0
    # null: train from the start. last: resume the newest unfinished run of this kind. auto: the
    # same, but from the start if there is none. Else a file.
    ckpt: str | None = None
    # both, 1 or 2, of a modality that is trained in two phases.
    phase: str = "both"
    # The checkpoint whose encoder phase=2 starts from: RUN/checkpoints/phase_1/best.ckpt.
    phase_1_ckpt: str | None = None
    # The data set.
    data: Any = MISSING
    # Further scores, from outside of lfx: name -> what returns it.
    scores: Any = field(default_factory=dict)
    # The encoder.
    encoder: EncoderConfig = MISSING
    # The modality.
    modality: ModalityConfig = MISSING
    # What phase 1 minimises; null where there is no such phase.
    loss: Any = None
    # Paraphrases of training texts.
    paraphrases: ParaphrasesConfig = field(default_factory=ParaphrasesConfig)
    # How training runs.
    trainer: TrainerConfig = MISSING
    # Where metrics go.
    logger: LoggerConfig = MISSING
    # What is published, and where.
    artifacts: TrainArtifactsConfig = MISSING

    def problems(self) -> list[str]:
        """Say what is impossible about the combination."""
        found = [*name_problems("name", self.name), *seed_in_range("seed", self.seed)]
        if self.encoder.reads is not self.modality.reads:
            found.append(
                f"encoder={self.encoder.name} reads {self.encoder.reads.name}s, but "
                f"modality={self.modality.name} needs an encoder that reads "
                f"{self.modality.reads.name}s; `--help` lists them"
            )
        if self.paraphrases.file is not None and self.modality.reads is not Reads.text:
            found.append(
                f"paraphrases are of texts; modality={self.modality.name} reads "
                f"{self.modality.reads.name}s"
            )
        if self.data.folds is not None and self.ckpt not in {None, "last", "auto"}:
            found.append("ckpt=FILE carries on with one model; with data.folds it is ckpt=last")
        if isinstance(self.modality, ContrastiveConfig):
            return found + self._problems_of_phases()
        for key, given in (
            ("loss", self.loss is not None),
            ("phase", self.phase != "both"),
            ("phase_1_ckpt", self.phase_1_ckpt is not None),
        ):
            if given:
                found.append(
                    f"{key} is for modalities that are trained in two phases, such as "
                    f"{self.modality.reads.name}_contrastive; modality={self.modality.name} is not"
                )
        return found

    def _problems_of_phases(self) -> list[str]:
        found = []
        if self.loss is None:
            found.append(
                f"modality={self.modality.name} needs a loss; `--help` lists them: loss=npair"
            )
        if self.phase not in {"both", "1", "2"}:
            found.append(f"phase is both, 1 or 2, got {self.phase}")
        if self.phase == "1" and self.data.folds is not None:
            found.append("phase=1 alone predicts nothing, so there is nothing to cross-validate")
        if self.phase == "2" and self.phase_1_ckpt is None:
            found.append(
                "phase=2 needs the encoder of a phase 1: "
                "phase_1_ckpt=RUN/checkpoints/phase_1/best.ckpt"
            )
        if self.phase != "2" and self.phase_1_ckpt is not None:
            found.append(f"phase_1_ckpt is only read with phase=2, not with phase={self.phase}")
        if self.phase != "2" and self.encoder.trainable is Trainable.nothing:
            found.append(
                "phase 1 trains the encoder; encoder.trainable=nothing leaves it nothing to train"
            )
        return found
