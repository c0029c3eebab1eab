"""Settings of the group `modality`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING

from lfx.configuration.encoder import Reads


class Decay(Enum):
    """What the learning rate does after its warm-up."""

    linear = "linear"
    cosine = "cosine"
    constant = "constant"


class ClassWeights(Enum):
    """How classes count in the cross-entropy."""

    none = "none"
    balanced = "balanced"


@dataclass
class HeadOptimizerConfig:
    """AdamW over what stands on a frozen encoder."""

    # Peak learning rate.
    learning_rate: float = 1e-3
    # Weight decay, on weights only (no biases, no normalisation).
    weight_decay: float = 0.01
    # Largest norm of the gradient; null: no clipping.
    clip_norm: float | None = 1.0

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        found = []
        if not self.learning_rate > 0:
            found.append(f"{key}.learning_rate must be above 0, got {self.learning_rate}")
        if self.weight_decay < 0:
            found.append(f"{key}.weight_decay must be >= 0, got {self.weight_decay}")
        if self.clip_norm is not None and not self.clip_norm > 0:
            found.append(f"{key}.clip_norm must be above 0, got {self.clip_norm}")
        return found


@dataclass
class OptimizerConfig(HeadOptimizerConfig):
    """AdamW over an encoder and what stands on it."""

    # Peak learning rate of what stands on the encoder: classifier or projection.
    head_learning_rate: float = 1e-3

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        found = super().problems_at(key)
        if not self.head_learning_rate > 0:
            found.append(f"{key}.head_learning_rate must be above 0, got {self.head_learning_rate}")
        return found


@dataclass
class ScheduleConfig:
    """The learning rate over time."""

    # Share of all steps in which the learning rate rises to its peak.
    warmup: float = 0.1
    # linear or cosine down to 0, or constant.
    decay: Decay = Decay.linear

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        if 0 <= self.warmup <= 1:
            return []
        return [f"{key}.warmup is a share in 0..1, got {self.warmup}"]


@dataclass
class ObjectiveConfig:
    """The cross-entropy."""

    # Share of the target that is spread over all classes.
    label_smoothing: float = 0.0
    # none, or balanced: inverse to the class's share of the train split.
    class_weights: ClassWeights = ClassWeights.none

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        if 0 <= self.label_smoothing < 1:
            return []
        return [f"{key}.label_smoothing is a share in 0..1 (below 1), got {self.label_smoothing}"]


@dataclass
class AugmentationConfig:
    """Random changes of the training images."""

    # Probability of a horizontal flip.
    flip: float = 0.5
    # Largest rotation, in degrees either way.
    rotation: float = 10.0
    # Largest shift, as a share of the side.
    translation: float = 0.1
    # Largest zoom in or out, as a share.
    zoom: float = 0.1

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        shares = (("flip", self.flip), ("translation", self.translation))
        found = [
            f"modality.augmentation.{name} is a share in 0..1, got {value}"
            for name, value in shares
            if not 0 <= value <= 1
        ]
        if not 0 <= self.rotation <= 180:
            found.append(f"modality.augmentation.rotation is in 0..180, got {self.rotation}")
        if not 0 <= self.zoom < 1:  # at 1 an image could shrink to nothing
            found.append(
                f"modality.augmentation.zoom is a share in 0..1 (below 1), got {self.zoom}"
            )
        return found


@dataclass
class TextAugmentationConfig:
    """Random changes of the training texts."""

    # Probability with which each token of a text is dropped.
    token_drop: float = 0.0

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        if 0 <= self.token_drop < 1:
            return []
        return [
            (
                "modality.augmentation.token_drop is a probability in 0..1 (below 1), "
                f"got {self.token_drop}"
            )
        ]


@dataclass
class ModalityConfig:
    """What every modality has."""

    # The modality's name, and the artifact's unless `name` is given.
    name: str = MISSING
    # The LightningModule: its dotted path.
    _target_: str = MISSING
    # What its encoder has to read.
    reads: Reads = MISSING


@dataclass
class ClassifierConfig(ModalityConfig):
    """An encoder and a linear head, trained together by cross-entropy."""

    # Dropout between encoder and head.
    dropout: float = 0.1
    # What the squares of the head's weights, summed, are multiplied by in the loss.
    l2: float = 0.0
    # AdamW.
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    # The learning rate over time.
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    # The cross-entropy.
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = []
        if not 0 <= self.dropout < 1:
            found.append(f"modality.dropout is a probability in 0..1 (below 1), got {self.dropout}")
        if self.l2 < 0:
            found.append(f"modality.l2 must be at least 0, got {self.l2}")
        return found


@dataclass
class ImageModalityConfig(ClassifierConfig):
    """conf/modality/image.yaml."""

    # Random changes of the training images.
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)


@dataclass
class TextModalityConfig(ClassifierConfig):
    """conf/modality/text.yaml."""

    # Random changes of the training texts.
    augmentation: TextAugmentationConfig = field(default_factory=TextAugmentationConfig)
