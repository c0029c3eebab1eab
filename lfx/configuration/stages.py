"""Settings of the stages: one root dataclass per command."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from omegaconf import MISSING

from lfx.configuration.calibration import CalibrationConfig
from lfx.configuration.checks import named_plainly, seed_in_range
from lfx.configuration.contrastive import ContrastiveConfig
from lfx.configuration.data import DataConfig
from lfx.configuration.encoder import CleaningConfig, EncoderConfig, Reads, Trainable
from lfx.configuration.fusion import FusionConfig
from lfx.configuration.logger import LoggerConfig
from lfx.configuration.loss import LossConfig
from lfx.configuration.modality import ModalityConfig
from lfx.configuration.trainer import Precision, TrainerConfig
from lfx.configuration.translator import TranslatorConfig


class FitSplit(Enum):
    """The split that a scheme's weights are found on."""

    val = "val"
    test = "test"
    oof = "oof"


class OnMissing(Enum):
    """What becomes of a sample that some member lacks."""

    error = "error"
    renormalise = "renormalise"
    drop = "drop"


# Stands among the members, though it is none.
ON_MISSING = "on_missing"
_OBJECTIVES = ("accuracy", "balanced_accuracy", "f1_macro", "f1_weighted", "nll", "ece")


@dataclass
class ArtifactsConfig:
    """Where prediction artifacts are published."""

    # The folder; a run's artifact is published to DIR/NAME.parquet.
    dir: str = MISSING


@dataclass
class TrainArtifactsConfig(ArtifactsConfig):
    """What a training run publishes."""

    # The splits whose samples the model predicts in the end.
    splits: list[str] = field(default_factory=lambda: ["val", "test"])

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        allowed = ("train", "val", "test")
        strange = sorted(set(self.splits) - set(allowed))
        if strange or "val" not in self.splits or len(set(self.splits)) < len(self.splits):
            return [
                (
                    f"artifacts.splits: some of {', '.join(allowed)}, each once, and always val; "
                    f"got {', '.join(self.splits)}"
                )
            ]
        return []


@dataclass
class ParaphrasesConfig:
    """Paraphrases of training texts, such as back-translations."""

    # JSON Lines with the columns id and text; null: none.
    file: str | None = None
    # Which share of the train split gets one, class by class; null: all that the file has.
    share: float | None = None
    # Whether a paraphrase stands in its text's place, or beside it.
    replace: bool = False
    # Seed of the choice.
    seed: int = 0

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [*seed_in_range("paraphrases.seed", self.seed)]
        if self.share is not None and not 0 < self.share <= 1:
            found.append(f"paraphrases.share is above 0 and at most 1, got {self.share}")
        if self.file is None and (self.share is not None or self.replace):
            found.append("paraphrases.share and .replace are only read with paraphrases.file=FILE")
        return found


@dataclass
class TrainConfig:
    """conf/train.yaml."""

    # The artifact's name.
    name: str = MISSING
    # Seed of weights, batches, augmentation and dropout.
    seed: int = 0
    # null: train from the start. last: resume the newest unfinished run of this kind. Else a file.
    ckpt: str | None = None
    # both, 1 or 2, of a modality that is trained in two phases.
    phase: str = "both"
    # The checkpoint whose encoder phase=2 starts from: RUN/checkpoints/phase_1/best.ckpt.
    phase_1_ckpt: str | None = None
    # The data set.
    data: DataConfig = MISSING
    # The encoder.
    encoder: EncoderConfig = MISSING
    # The modality.
    modality: ModalityConfig = MISSING
    # What phase 1 minimises; null where there is no such phase.
    loss: LossConfig | None = None
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
        found = [*named_plainly("name", self.name), *seed_in_range("seed", self.seed)]
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
        if self.data.folds is not None and self.ckpt not in {None, "last"}:
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


@dataclass
class AugmentConfig:
    """conf/augment.yaml."""

    # The data set; its train split is augmented, with data.folds train and val.
    data: DataConfig = MISSING
    # What translates there and back.
    translator: TranslatorConfig = MISSING
    # Which share of the train split is translated, class by class.
    share: float = 0.15
    # Seed of the choice.
    seed: int = 0
    # What is done to a tweet before it is translated.
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
        if self.batch_size < 1:
            found.append(f"batch_size must be at least 1, got {self.batch_size}")
        if self.examples < 0:
            found.append(f"examples must be at least 0, got {self.examples}")
        return found


@dataclass
class PredictConfig:
    """conf/predict.yaml."""

    # The checkpoint of a training run.
    ckpt: str = MISSING
    # The artifact's name; null: the checkpoint's.
    name: str | None = None
    # The data set; labels are optional.
    data: DataConfig = MISSING
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # auto: bf16 where the hardware multiplies it fast, else fp32.
    precision: Precision = Precision.auto
    # Samples per step.
    batch_size: int = 64

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [] if self.name is None else named_plainly("name", self.name)
        if self.data.folds is not None:
            found.append("data.folds is for training; one checkpoint predicts every sample once")
        if self.batch_size < 1:
            found.append(f"batch_size must be at least 1, got {self.batch_size}")
        return found


@dataclass
class FuseConfig:
    """conf/fuse.yaml."""

    # The fused artifact's name.
    name: str = MISSING
    # Recorded in the artifact.
    seed: int = 0
    # Member name -> artifact file; and on_missing: error, renormalise or drop.
    members: dict[str, str] = field(default_factory=dict)
    # How each member's probabilities are corrected first.
    calibration: CalibrationConfig = MISSING
    # The scheme that finds the weights.
    fusion: FusionConfig = MISSING
    # The split that weights are found on.
    fit_split: FitSplit = FitSplit.val
    # Rows of the fit split are fused by fits on the other folds, so many; 1: in-sample.
    fit_folds: int = 5
    # Whether weights may be found on the split that is reported.
    allow_leaky_fit: bool = False
    # What a sweeper optimises and a sweep is ranked by: SPLIT/SCORE, never of the reported split.
    objective: str = "val/f1_weighted"
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # Where metrics go.
    logger: LoggerConfig = MISSING
    # Where members are looked for.
    artifacts: ArtifactsConfig = MISSING
    # Whose predictions are fused; its name is part of where they lie.
    data: Any = None

    # Sections of which only the name counts, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [*named_plainly("name", self.name), *seed_in_range("seed", self.seed)]
        if not self.files:
            found.append("there are no members; give at least one: members.NAME=PATH")
        on_missing = self.members.get(ON_MISSING)
        if on_missing not in OnMissing.__members__:
            allowed = ", ".join(OnMissing.__members__)
            found.append(f"members.{ON_MISSING}: allowed are {allowed}; got {on_missing}")
        if self.fit_folds < 1:
            found.append(f"fit_folds must be at least 1, got {self.fit_folds}")
        return [*found, *self._objective_problems()]

    def _objective_problems(self) -> list[str]:
        split, _, score = self.objective.partition("/")
        if split == "test":
            instead = f"val/{score or 'f1_weighted'}"
            what = "what is chosen by the test split cannot be reported on it"
            return [f"objective={self.objective}: {what}; use objective={instead}"]
        if split not in {"val", "oof"} or score not in _OBJECTIVES:
            scores = ", ".join(_OBJECTIVES)
            what = f"SPLIT/SCORE with SPLIT val or oof and SCORE one of {scores}"
            return [f"objective is {what}; got {self.objective}"]
        return []

    @property
    def files(self) -> dict[str, str]:
        """The members' artifacts: name -> path."""
        return {name: path for name, path in self.members.items() if name != ON_MISSING}


@dataclass
class ReportConfig:
    """conf/report.yaml."""

    # The folder whose runs are reported.
    runs: str = "outputs"
    # A multirun's directory, whose table, ranking and curve are made anew; null: report runs.
    sweep: str | None = None
    # Only runs on the data set of this name; null: all.
    data: Any = None
    # Whether only the newest run of a kind (stage, data, name, model, settings) is shown.
    newest: bool = True
    # Whether runs that differ in their seed alone share a row: mean and standard deviation.
    over_seeds: bool = False

    # Sections of which only the name counts, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)
