"""The classifier: encoder, dropout, head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics.functional.classification import multiclass_accuracy

from lfx.modalities.trainable import set_training_mode
from lfx.models.heads import FeatureDropout, SeveralHeads
from lfx.models.optimization import Optimizer, Schedule, learning_rate_factor, parameter_groups
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from pytorch_lightning.utilities.types import (
        LRSchedulerConfigType,
        OptimizerLRSchedulerConfig,
    )

    from lfx.modalities.encoder import Encoder
    from lfx.models.heads import Head

Batch = dict[str, Tensor]

# A label that cross-entropy passes over; torch's default.
_IGNORED = -100


@dataclass(frozen=True)
class Optimization:
    """How a classifier is trained.

    Attributes:
        optimizer: steps by its learning rates.
        schedule: the learning rates over time.
        label_smoothing: share of the target that is spread over all classes.
        class_weights: (classes,) weight of each class in the loss; None: equal.
    """

    optimizer: Optimizer
    schedule: Schedule
    label_smoothing: float = 0.0
    class_weights: Sequence[float] | None = None


class Classifier(pl.LightningModule):
    """An encoder and a head, trained by cross-entropy; it knows no kind of content.

    Args:
        encoder: gives a feature vector a sample; what is trainable in it is chosen already.
        head: what builds the classifier on it.
        classes: class names in order.
        optimization: how it is trained; None: it only predicts.
        seed: of everything random in training, together with the epoch.
    """

    def __init__(
        self,
        encoder: Encoder,
        head: Head,
        *,
        classes: Sequence[str],
        optimization: Optimization | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.classes = tuple(classes)
        self.dropout = FeatureDropout(head.dropout, encoder.flags)
        self.l2 = head.l2
        self.head: nn.Module = self.build_first_head(head)
        self.optimization = optimization
        self.seed = seed
        self._validated: list[tuple[Tensor, Tensor]] = []

    def build_first_head(self, head: Head) -> nn.Module:
        """Build the head that training starts with."""
        return self.build_head(head)

    def build_head(self, head: Head) -> nn.Module:
        """Build the head, or the heads, that the encoder's features need."""
        return self.encoder.build_head(lambda features: head.build(features, len(self.classes)))

    def features(self, batch: Batch) -> Tensor:
        """Return what the classifier sees (batch, features)."""
        features: Tensor = self.encoder(batch)
        return features

    def forward(self, batch: Batch) -> Tensor:
        """Return float32 logits (batch, classes)."""
        features = self.dropout(self.features(batch))
        # The head is cheap; in bf16 its logits would have three significant digits.
        with torch.autocast(features.device.type, enabled=False):
            logits: Tensor = self.head(features.float())
        return logits

    def train(self, mode: bool = True) -> Classifier:  # noqa: FBT001, FBT002 (torch's signature)
        """Switch modes; what is frozen stays in evaluation mode."""
        super().train(mode)
        if mode:
            set_training_mode(self.encoder)
        return self

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Tie dropout to seed and step, so that a resumed run draws what it would have drawn.

        Not once an epoch: a resumed epoch makes its loader, which draws too, in another order.
        """
        del batch, batch_idx
        torch.manual_seed(hash((self.seed, self.global_step)) & 0x7FFF_FFFF_FFFF_FFFF)

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Return the loss of a training batch."""
        weights = self.required_optimization.class_weights
        logits, labels = self.trained_logits(batch)
        loss = functional.cross_entropy(
            logits,
            labels,
            weight=None if weights is None else torch.tensor(weights, device=self.device),
            label_smoothing=self.required_optimization.label_smoothing,
        )
        size = len(batch["label"])
        self.log("train/loss", loss, on_step=False, on_epoch=True, batch_size=size)
        return loss + self.l2 * self._squares() if self.l2 else loss

    def trained_logits(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return what the loss compares: logits (rows, classes) and labels (rows,).

        A row is a sample, or what one of several heads says of a sample that it can read; the loss
        is then the mean over all of these.
        """
        head, labels = self.head, batch["label"]
        if not isinstance(head, SeveralHeads):
            return self(batch), labels
        features = self.dropout(self.features(batch))
        with torch.autocast(features.device.type, enabled=False):
            logits, present = head.part_logits(features.float())
        return logits.flatten(0, 1), torch.where(present, labels, _IGNORED).flatten()

    def _squares(self) -> Tensor:
        heads = [self.head]
        if isinstance(self.head, SeveralHeads):
            heads = list(self.head.heads.values())
        layers = [
            [part for part in head.modules() if isinstance(part, nn.Linear)] for head in heads
        ]
        if not all(layers):
            raise ConfigError("head.l2 is of linear layers, and this head has none; use head.l2=0")
        return torch.stack([first.weight.square().sum() for first, *_ in layers]).sum()

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Keep logits and labels until the epoch's end."""
        self._validated.append((self(batch), batch["label"]))

    def on_validation_epoch_end(self) -> None:
        """Log plain cross-entropy (no smoothing, no class weights) and accuracy of the split."""
        logits = torch.cat([logits for logits, _ in self._validated])
        labels = torch.cat([labels for _, labels in self._validated])
        self._validated.clear()
        self.log("val/loss", functional.cross_entropy(logits, labels))
        classes = logits.shape[1]
        self.log("val/accuracy", multiclass_accuracy(logits, labels, classes, average="micro"))

    def predict_step(self, batch: Batch, _index: int) -> tuple[Tensor, Tensor]:
        """Return positions (batch,) and logits (batch, classes)."""
        return batch["position"], self(batch)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return the optimizer and its schedule, by step."""
        return self.optimize_by(self.required_optimization, self.head)

    @property
    def required_optimization(self) -> Optimization:
        """How the classifier is trained.

        Raises:
            RuntimeError: it only predicts.
        """
        if self.optimization is None:
            raise RuntimeError("this classifier only predicts")
        return self.optimization

    def optimize_by(
        self, optimization: Optimization, head: nn.Module
    ) -> OptimizerLRSchedulerConfig:
        """Return an optimizer over what is trained of encoder and head, and its schedule."""
        optimizer = optimization.optimizer.build(
            parameter_groups(self.encoder, head, optimization.optimizer)
        )
        schedule = optimization.schedule
        factor = learning_rate_factor(
            schedule.warmup, schedule.decay, int(self.trainer.estimated_stepping_batches)
        )
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        by_step: LRSchedulerConfigType = {"scheduler": scheduler, "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": by_step}

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by norm; Lightning refuses a fused optimizer even where nothing is scaled."""
        del optimizer, gradient_clip_algorithm
        if gradient_clip_val is not None:
            nn.utils.clip_grad_norm_(self.parameters(), gradient_clip_val)
