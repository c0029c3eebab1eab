"""The core of the modalities that are trained in two phases: contrast, then classification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lfx.losses.loss import Loss, LossTerm, Views
from lfx.modalities.classifier import Batch, Classifier
from lfx.modalities.optimization import Optimization
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig

    from lfx.encoders.encoder import Encoder

CONTRAST, CLASSIFICATION = 1, 2


@dataclass(frozen=True)
class ProjectionShape:
    """What stands between encoder and contrastive loss.

    Attributes:
        hidden: widths of hidden layers, each with ReLU.
        width: width of what the loss sees.
        relu: whether a ReLU follows the last layer.
    """

    hidden: tuple[int, ...] = ()
    width: int = 64
    relu: bool = False


@dataclass(frozen=True)
class Contrast:
    """What phase 1 does.

    Attributes:
        loss: what it minimises.
        views: how often each sample is in its batch.
        projection: what the loss sees the features through.
        optimization: how it is optimised; the projection is the head.
    """

    loss: Loss
    views: int
    projection: ProjectionShape
    optimization: Optimization


class ContrastiveClassifier(Classifier):
    """An encoder that is trained by contrast, frozen, and classified upon (the paper, IV.C).

    In phase 1 encoder and projection are trained by a contrastive loss. `begin_classification`
    starts phase 2: the projection is removed, the encoder is frozen (its batch normalisation and
    dropout too), and a new classifier is trained on it by cross-entropy.

    Args:
        encoder: gives a feature vector a sample; what phase 1 trains in it is chosen already.
        classes: class names in order.
        dropout: between encoder and classifier.
        optimization: how the classifier is optimised, as a head.
        contrast: what phase 1 does; None: the module is in phase 2.
        hidden: width of the classifier's hidden layer with ReLU; None: it is linear.
        l2: what the squares of the hidden layer's weights, summed, are multiplied by in the loss;
            without such a layer, the classifier's weights.
        label_smoothing: share of the target that is spread over all classes.
        class_weights: (classes,) weight of each class in the cross-entropy; None: equal.
        seed: of everything random in training, together with the epoch.
    """

    def __init__(  # noqa: PLR0913, keywords all
        self,
        encoder: Encoder,
        *,
        classes: Sequence[str],
        dropout: float,
        optimization: Optimization,
        contrast: Contrast | None = None,
        hidden: int | None = None,
        l2: float = 0.0,
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            encoder,
            classes=classes,
            dropout=dropout,
            optimization=optimization,
            l2=l2,
            label_smoothing=label_smoothing,
            class_weights=class_weights,
            seed=seed,
        )
        self.hidden = hidden
        self.contrast = contrast
        self.projection: nn.Module | None = None
        if contrast is None:
            self.begin_classification()
        else:
            # What phase 1 reads logits of, if it does, is linear; phase 2 has its own classifier.
            self.projection = build_projection(encoder.features, contrast.projection)

    @property
    def phase(self) -> int:
        """Phase 1 contrasts, phase 2 classifies."""
        return CONTRAST if self.projection is not None else CLASSIFICATION

    def begin_classification(self) -> None:
        """Start phase 2: no projection, a frozen encoder, a new classifier.

        The classifier's first weights depend on the seed alone, so that they are the same whether
        phase 1 came right before or was another run.
        """
        self.projection = None
        self.encoder.requires_grad_(requires_grad=False)
        self.encoder.eval()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.head = build_classifier_head(self.encoder.features, self.hidden, len(self.classes))
        self.head.to(self.device)

    def features(self, batch: Batch) -> Tensor:
        """Give what the classifier sees (batch, features): cached embeddings, or the encoder's."""
        return batch["embedding"] if "embedding" in batch else super().features(batch)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Give the loss of a training batch."""
        if self.phase == CLASSIFICATION:
            return super().training_step(batch, index)
        steps = max(1, int(self.trainer.estimated_stepping_batches))
        term = self.contrast_term(batch, min(1.0, self.global_step / steps))
        self._log_term("phase_1/train", term, len(batch["label"]))
        return term.value

    def validation_step(self, batch: Batch, index: int) -> None:
        """Log the contrastive loss, or keep logits and labels until the epoch's end.

        Where losses are combined by a schedule, validation weighs them as at its end: the losses of
        different epochs have to compare.
        """
        if self.phase == CLASSIFICATION:
            super().validation_step(batch, index)
            return
        self._log_term("phase_1/val", self.contrast_term(batch, 1.0), len(batch["label"]))

    def on_validation_epoch_end(self) -> None:
        """Log cross-entropy and accuracy; phase 1 has logged its loss already."""
        if self.phase == CLASSIFICATION:
            super().on_validation_epoch_end()

    def contrast_term(self, batch: Batch, progress: float) -> LossTerm:
        """Give phase 1's loss over a batch; a loss without labels is not shown any.

        Args:
            batch: every sample as often as there are views.
            progress: how much of the phase is over, in 0..1.
        """
        if self.contrast is None or self.projection is None:
            raise RuntimeError("phase 1 is over")
        loss = self.contrast.loss
        features = self.encoder(batch)
        # As cheap as the classifier; in bf16 a contrastive loss would have three digits.
        with torch.autocast(features.device.type, enabled=False):
            features = features.float()
            seen = Views(
                self.projection(features),
                batch["position"],
                batch["label"] if loss.uses_labels else None,
                self.head(self.dropout(features)) if loss.uses_logits else None,
            )
            return loss(seen, progress)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Give the phase's AdamW and its schedule."""
        if self.contrast is None or self.projection is None:
            return self.optimize_by(self.optimization, self.head)
        heads = nn.ModuleList([self.projection])
        if self.contrast.loss.uses_logits:
            heads.append(self.head)
        return self.optimize_by(self.contrast.optimization, heads)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the phase and the classifier's shape."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["lfx"]["phase"] = self.phase
        checkpoint["lfx"]["classifier"]["hidden"] = self.hidden

    def _log_term(self, prefix: str, term: LossTerm, rows: int) -> None:
        """Log the mean loss of an epoch's batches, and how many of its rows were no anchor."""
        self.log(f"{prefix}/loss", term.value, on_step=False, on_epoch=True, batch_size=rows)
        idle = term.idle.float()
        self.log(f"{prefix}/idle", idle, on_step=False, on_epoch=True, reduce_fx="sum")


def build_projection(features: int, shape: ProjectionShape) -> nn.Sequential:
    """Build a projection from the features to what the loss sees."""
    layers: list[nn.Module] = []
    for width in shape.hidden:
        layers += [nn.Linear(features, width), nn.ReLU()]
        features = width
    layers.append(nn.Linear(features, shape.width))
    return nn.Sequential(*layers, *([nn.ReLU()] if shape.relu else []))


def build_classifier_head(features: int, hidden: int | None, classes: int) -> nn.Module:
    """Build a linear classifier, or one with a hidden layer and ReLU."""
    if hidden is None:
        return nn.Linear(features, classes)
    return nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def check_contrast(loss: Loss, batch_size: int, samples_per_class: int | None, views: int) -> None:
    """Refuse what leaves phase 1 nothing to contrast, before any work.

    Args:
        loss: what phase 1 minimises.
        batch_size: samples per batch at the most.
        samples_per_class: of each class in a batch; None: as many as there is room for.
        views: how often each sample is in its batch.

    Raises:
        ConfigError: says what is allowed.
    """
    if views < loss.views:
        raise ConfigError(
            f"modality.phase_1.views must be at least {loss.views} for this loss, got {views}"
        )
    if not loss.uses_labels:
        if samples_per_class is not None:
            raise ConfigError(
                "modality.phase_1.samples_per_class is not read with this loss: it uses no labels, "
                "and batches are drawn without them"
            )
        least, reason = 2, "two samples to contrast"
    else:
        mates = 1 if views > 1 else 2
        if samples_per_class is not None and samples_per_class < mates:
            raise ConfigError(
                f"modality.phase_1.samples_per_class must be at least {mates} with {views} view, "
                f"got {samples_per_class}: a sample needs a positive"
            )
        least = 2 * mates
        reason = "two classes, and a positive for each sample"
    if batch_size < least:
        raise ConfigError(
            f"modality.phase_1.batch_size must be at least {least} for this loss, got "
            f"{batch_size}: a batch needs {reason}"
        )
