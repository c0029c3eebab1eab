"""Settings of the modalities that are trained in two phases."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING

from lfx.configuration.modality import (
    AugmentationConfig,
    HeadOptimizerConfig,
    ModalityConfig,
    ObjectiveConfig,
    OptimizerConfig,
    ScheduleConfig,
    TextAugmentationConfig,
)


class Picture(Enum):
    """How embeddings are drawn in the plane."""

    pca = "pca"
    tsne = "tsne"
    none = "none"


@dataclass
class ProjectionConfig:
    """What stands between encoder and contrastive loss in phase 1."""

    # Widths of hidden layers, each with ReLU; empty: one linear layer (the paper).
    hidden: list[int] = field(default_factory=list)
    # Width of what the loss sees (the paper's 64; the published code's 128).
    width: int = 64
    # Whether a ReLU follows the last layer (the published code).
    relu: bool = False

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = []
        if self.width < 1:
            found.append(f"modality.projection.width must be at least 1, got {self.width}")
        if not all(width >= 1 for width in self.hidden):
            found.append(f"modality.projection.hidden must be at least 1 each, got {self.hidden}")
        return found


@dataclass
class PhaseConfig:
    """What both phases have."""

    # Most epochs.
    max_epochs: int = MISSING
    # Epochs without a better validation loss before the phase stops.
    patience: int = MISSING
    # By how much the validation loss must fall to count as better.
    min_delta: float = 1e-4
    # Samples per step.
    batch_size: int = MISSING
    # The learning rate over time.
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        found = [
            f"{key}.{name} must be at least 1, got {value}"
            for name, value in (
                ("max_epochs", self.max_epochs),
                ("patience", self.patience),
                ("batch_size", self.batch_size),
            )
            if value < 1
        ]
        if self.min_delta < 0:
            found.append(f"{key}.min_delta must be at least 0, got {self.min_delta}")
        return found


@dataclass
class ContrastPhaseConfig(PhaseConfig):
    """Phase 1: encoder and projection, by `loss`."""

    # AdamW; the projection is the head.
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    # Whether each batch has the same number of samples of every class. Never with a loss that
    # uses no labels.
    balanced: bool = True
    # Samples of each class in a batch; null: as many as there is room for.
    samples_per_class: int | None = None
    # How often each sample is in its batch, each time augmented anew; null: as the loss needs.
    views: int | None = None

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        found = super().problems_at(key)
        if self.views is not None and self.views < 1:
            found.append(f"{key}.views must be at least 1, got {self.views}")
        if self.samples_per_class is None:
            return found
        if not self.balanced:
            found.append(f"{key}.samples_per_class is only read with {key}.balanced=true")
        if self.samples_per_class < 1:
            found.append(
                f"{key}.samples_per_class must be at least 1, got {self.samples_per_class}"
            )
        elif self.batch_size < 2 * self.samples_per_class:
            found.append(
                f"{key}.batch_size={self.batch_size} with {self.samples_per_class} samples per "
                "class holds fewer than two classes, and there is nothing to contrast; allowed is "
                f"{2 * self.samples_per_class} at the least"
            )
        return found


@dataclass
class ClassifierPhaseConfig(PhaseConfig):
    """Phase 2: the classifier on the frozen encoder, by cross-entropy."""

    # AdamW.
    optimizer: HeadOptimizerConfig = field(default_factory=HeadOptimizerConfig)
    # The cross-entropy.
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    # Dropout between encoder and classifier.
    dropout: float = 0.1
    # Width of a hidden layer with ReLU; null: linear (the paper). The published code has 256.
    hidden: int | None = None
    # What the squares of the hidden layer's weights, summed, are multiplied by in the loss; without
    # such a layer, the classifier's weights.
    l2: float = 0.0
    # The frozen encoder encodes each sample this often and never again: once as it is, then
    # augmented; epochs take turns. null: no such cache; it runs in every epoch, augmenting anew.
    n_views: int | None = 1

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        found = super().problems_at(key)
        if not 0 <= self.dropout < 1:
            found.append(f"{key}.dropout is a probability in 0..1 (below 1), got {self.dropout}")
        if self.hidden is not None and self.hidden < 1:
            found.append(f"{key}.hidden must be at least 1, got {self.hidden}; for none use null")
        if self.l2 < 0:
            found.append(f"{key}.l2 must be at least 0, got {self.l2}")
        if self.n_views is not None and self.n_views < 1:
            found.append(f"{key}.n_views must be at least 1, got {self.n_views}")
        return found


@dataclass
class DiagnosticsConfig:
    """How the embeddings are looked at, before and after each phase."""

    # Whether they are; it costs one pass of the untrained encoder over train and validation.
    enabled: bool = True
    # Neighbours in the training split that vote on a validation sample.
    neighbours: int = 20
    # How the picture gets to two dimensions; none: no picture.
    picture: Picture = Picture.pca

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        if self.neighbours >= 1:
            return []
        return [f"modality.diagnostics.neighbours must be at least 1, got {self.neighbours}"]


@dataclass
class ContrastiveConfig(ModalityConfig):
    """An encoder that is trained by contrast, frozen, and classified upon."""

    # Between encoder and loss in phase 1; removed after it.
    projection: ProjectionConfig = field(default_factory=ProjectionConfig)
    # The encoder, by contrast.
    phase_1: ContrastPhaseConfig = field(default_factory=ContrastPhaseConfig)
    # The classifier on the frozen encoder.
    phase_2: ClassifierPhaseConfig = field(default_factory=ClassifierPhaseConfig)
    # How the embeddings are looked at.
    diagnostics: DiagnosticsConfig = field(default_factory=DiagnosticsConfig)


@dataclass
class ImageContrastiveConfig(ContrastiveConfig):
    """conf/modality/image_contrastive.yaml."""

    # Random changes of the training images.
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)


@dataclass
class TextContrastiveConfig(ContrastiveConfig):
    """conf/modality/text_contrastive.yaml."""

    # Random changes of the training texts.
    augmentation: TextAugmentationConfig = field(default_factory=TextAugmentationConfig)
