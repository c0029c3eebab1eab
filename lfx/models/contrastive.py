"""A classifier that is trained in two phases: contrast, then classification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lfx.losses.loss import Loss, LossTerm, Views
from lfx.models.classifier import Batch, Classifier, Optimization
from lfx.runtime.checked import checked
from lfx.runtime.settings import Count

if TYPE_CHECKING:
    from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig

    from lfx.modalities.encoder import Encoder
    from lfx.models.heads import Head


@checked
@dataclass(frozen=True, kw_only=True)
class Projection:
    """What stands between encoder and contrastive loss in phase 1, and is removed after it.

    Args:
        hidden: Widths of hidden layers, each with ReLU; empty: one linear layer (the paper).
        width: Width of what the loss sees (the paper's 64; the published code's 128).
        relu: Whether a ReLU follows the last layer (the published code).
    """

    hidden: Sequence[Count] = ()
    width: Count = 64
    relu: bool = False

    def build(self, features: int) -> nn.Sequential:
        """Build the module from features (batch, features) to what the loss sees (batch, width)."""
        layers: list[nn.Module] = []
        for width in self.hidden:
            layers += [nn.Linear(features, width), nn.ReLU()]
            features = width
        layers.append(nn.Linear(features, self.width))
        return nn.Sequential(*layers, *([nn.ReLU()] if self.relu else []))


@dataclass(frozen=True)
class Contrast:
    """What phase 1 does.

    Attributes:
        loss: what it minimises.
        views: how often each sample is in its batch.
        projection: what the loss sees the features through.
        optimization: how the encoder is trained; the projection is the head.
    """

    loss: Loss
    views: int
    projection: Projection
    optimization: Optimization


class ContrastiveClassifier(Classifier):
    """An encoder that is trained by contrast, frozen, and classified upon (the paper, IV.C).

    In phase 1 encoder and projection are trained by a contrastive loss. `begin_classification`
    starts phase 2: the projection is removed, the encoder is frozen (its batch normalisation and
    dropout too), and a new classifier is trained on it by cross-entropy.

    Args:
        encoder: gives a feature vector a sample; what phase 1 trains in it is chosen already.
        head: what builds the classifier of phase 2.
        classes: class names in order.
        optimization: how the classifier is trained.
        contrast: what phase 1 does; None: the module is in phase 2.
        seed: of everything random in training, together with the epoch.
    """

    def __init__(
        self,
        encoder: Encoder,
        head: Head,
        *,
        classes: Sequence[str],
        optimization: Optimization | None = None,
        contrast: Contrast | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(encoder, head, classes=classes, optimization=optimization, seed=seed)
        self.head_builder = head
        self.contrast = contrast
        self.projection: nn.Module | None = None
        if contrast is None:
            self.begin_classification()
        else:
            self.projection = contrast.projection.build(encoder.features)

    def build_first_head(self, head: Head) -> nn.Module:
        """Build what phase 1 reads logits of, if it does: it is linear; phase 2 has its own."""
        del head
        return nn.Linear(self.encoder.features, len(self.classes))

    @property
    def contrasts(self) -> bool:
        """Whether the module is in phase 1; phase 2 classifies."""
        return self.projection is not None

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
            self.head = self.build_head(self.head_builder)
        self.head.to(self.device)

    def features(self, batch: Batch) -> Tensor:
        """Return (batch, features): cached embeddings, or what the encoder gives."""
        return batch["embedding"] if "embedding" in batch else super().features(batch)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Return the loss of a training batch."""
        if not self.contrasts:
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
        if not self.contrasts:
            super().validation_step(batch, index)
            return
        self._log_term("phase_1/val", self.contrast_term(batch, 1.0), len(batch["label"]))

    def on_validation_epoch_end(self) -> None:
        """Log cross-entropy and accuracy; phase 1 has logged its loss already."""
        if not self.contrasts:
            super().on_validation_epoch_end()

    def contrast_term(self, batch: Batch, progress: float) -> LossTerm:
        """Return phase 1's loss over a batch; a loss without labels is not shown any.

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
        """Return the phase's AdamW and its schedule."""
        if self.contrast is None or self.projection is None:
            return super().configure_optimizers()
        heads = nn.ModuleList([self.projection])
        if self.contrast.loss.uses_logits:
            heads.append(self.head)
        return self.optimize_by(self.contrast.optimization, heads)

    def _log_term(self, prefix: str, term: LossTerm, rows: int) -> None:
        """Log the mean loss of an epoch's batches, and how many of its rows were no anchor."""
        self.log(f"{prefix}/loss", term.value, on_step=False, on_epoch=True, batch_size=rows)
        unpaired = term.unpaired.float()
        self.log(f"{prefix}/unpaired", unpaired, on_step=False, on_epoch=True, reduce_fx="sum")


def check_contrast(
    loss: Loss, batch_size: int, samples_per_class: int | None, views: int
) -> list[str]:
    """Return what leaves phase 1 nothing to contrast.

    Args:
        loss: what phase 1 minimises.
        batch_size: samples per batch at the most.
        samples_per_class: of each class in a batch; None: as many as there is room for.
        views: how often each sample is in its batch.

    Returns:
        One sentence a problem; nothing where there is something to contrast.
    """
    key, problem = "training.phase_1", ""
    mates = 1 if views > 1 or not loss.uses_labels else 2
    least = 2 * mates
    if views < loss.views:
        problem = f"{key}.views must be at least {loss.views} for this loss, got {views}"
    elif samples_per_class is not None and not loss.uses_labels:
        problem = (
            f"{key}.samples_per_class is not read with this loss: it uses no labels, and batches "
            "are drawn without them"
        )
    elif samples_per_class is not None and samples_per_class < mates:
        problem = (
            f"{key}.samples_per_class must be at least {mates} with {views} view, got "
            f"{samples_per_class}: a sample needs a positive"
        )
    elif batch_size < least:
        needed = "two classes, and a positive for each sample"
        problem = (
            f"{key}.batch_size must be at least {least} for this loss, got {batch_size}: a batch "
            f"needs {needed if loss.uses_labels else 'two samples to contrast'}"
        )
    return [problem] if problem else []
