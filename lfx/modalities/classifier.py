"""The core that all unimodal classifiers share: encoder, dropout, linear head."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics.functional.classification import multiclass_accuracy

from lfx.data.batches import Reader
from lfx.encoders.encoder import Encoder, set_training_mode
from lfx.modalities.checkpoint_content import ClassifierSettings, describe
from lfx.modalities.optimization import Optimization, learning_rate_factor, parameter_groups
from lfx.modalities.progress import fitting_optimizer_state
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pytorch_lightning.utilities.types import (
        LRSchedulerConfigType,
        OptimizerLRSchedulerConfig,
    )

    from lfx.data.samples import SampleTable

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Inputs:
    """Where a modality's batches come from.

    Attributes:
        read: gives what the encoder reads.
        lengths: (samples,) length of each sample, in whatever makes its computation longer.
    """

    read: Reader
    lengths: Sequence[int]


class Classifier(pl.LightningModule):
    """An encoder and a linear head, trained by cross-entropy.

    A new modality is a subclass with the three abstract methods, and a config that names it.

    Args:
        encoder: gives a feature vector a sample; what is trainable in it is chosen already.
        classes: class names in order.
        dropout: between encoder and head.
        optimization: how it is optimised.
        l2: what the squares of the head's first layer of weights, summed, are multiplied by in the
            loss.
        label_smoothing: share of the target that is spread over all classes.
        class_weights: (classes,) weight of each class in the loss; None: equal.
        seed: of everything random in training, together with the epoch.
    """

    # What the checkpoint calls the modality.
    modality: ClassVar[str]

    def __init__(
        self,
        encoder: Encoder,
        *,
        classes: Sequence[str],
        dropout: float,
        optimization: Optimization,
        l2: float = 0.0,
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.classes = tuple(classes)
        self.dropout = nn.Dropout(dropout)
        self.head: nn.Module = nn.Linear(encoder.features, len(self.classes))
        self.optimization = optimization
        self.l2 = l2
        self.label_smoothing = label_smoothing
        self.class_weights = None if class_weights is None else list(class_weights)
        self.seed = seed
        # What the run wants to find in its checkpoints again, in plain values.
        self.provenance: dict[str, Any] = {}
        self._seen: list[tuple[Tensor, Tensor]] = []

    @staticmethod
    @abstractmethod
    def build_encoder(settings: Mapping[str, Any], train_texts: Sequence[str]) -> Encoder:
        """Build the encoder with its weights.

        Args:
            settings: the encoder's config in plain values.
            train_texts: texts of the train split, for a tokenizer that has to be trained.
        """

    @staticmethod
    @abstractmethod
    def restore_encoder(description: Mapping[str, Any]) -> Encoder:
        """Build the architecture that `Encoder.description` describes, with random weights."""

    @abstractmethod
    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        cache_dir: Path,
        augmentation: Mapping[str, Any] | None = None,
    ) -> Inputs:
        """Give the batches' source for some rows of the table.

        Args:
            table: the samples.
            rows: (samples,) which of them.
            cache_dir: where decoded data are kept.
            augmentation: random changes, for training; None: none.
        """

    def features(self, batch: Batch) -> Tensor:
        """Give what the classifier sees (batch, features)."""
        features: Tensor = self.encoder(batch)
        return features

    def forward(self, batch: Batch) -> Tensor:
        """Give float32 logits (batch, classes)."""
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
        """Give the loss of a training batch."""
        weight = None
        if self.class_weights is not None:
            weight = torch.tensor(self.class_weights, device=self.device)
        loss = functional.cross_entropy(
            self(batch), batch["label"], weight=weight, label_smoothing=self.label_smoothing
        )
        size = len(batch["label"])
        self.log("train/loss", loss, on_step=False, on_epoch=True, batch_size=size)
        return loss + self.l2 * self._squares() if self.l2 else loss

    def _squares(self) -> Tensor:
        first = next(part for part in self.head.modules() if isinstance(part, nn.Linear))
        return first.weight.square().sum()

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Keep logits and labels until the epoch's end."""
        self._seen.append((self(batch), batch["label"]))

    def on_validation_epoch_end(self) -> None:
        """Log plain cross-entropy (no smoothing, no class weights) and accuracy of the split."""
        logits = torch.cat([logits for logits, _ in self._seen])
        labels = torch.cat([labels for _, labels in self._seen])
        self._seen.clear()
        self.log("val/loss", functional.cross_entropy(logits, labels))
        classes = logits.shape[1]
        self.log("val/accuracy", multiclass_accuracy(logits, labels, classes, average="micro"))

    def predict_step(self, batch: Batch, _index: int) -> tuple[Tensor, Tensor]:
        """Give positions (batch,) and logits (batch, classes)."""
        return batch["position"], self(batch)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Give AdamW and its schedule, by step."""
        return self.optimize_by(self.optimization, self.head)

    def optimize_by(
        self, optimization: Optimization, head: nn.Module
    ) -> OptimizerLRSchedulerConfig:
        """Give AdamW over what is trainable in the encoder and a head, and its schedule."""
        groups = parameter_groups(self.encoder, head, optimization)
        fused = self.device.type in {"cpu", "cuda"}
        optimizer = torch.optim.AdamW(groups, fused=fused)
        optimizer.register_load_state_dict_pre_hook(fitting_optimizer_state)
        factor = learning_rate_factor(
            optimization.warmup,
            optimization.decay,
            int(self.trainer.estimated_stepping_batches),
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        by_step: LRSchedulerConfigType = {"scheduler": schedule, "interval": "step"}
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

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add all that is needed to build this classifier again, in plain values."""
        checkpoint["lfx"] = describe(
            f"{type(self).__module__}.{type(self).__qualname__}",
            self.encoder.description(),
            ClassifierSettings(
                classes=self.classes,
                dropout=self.dropout.p,
                optimization=self.optimization,
                options={
                    "l2": self.l2,
                    "label_smoothing": self.label_smoothing,
                    "class_weights": self.class_weights,
                    "seed": self.seed,
                },
            ),
            self.provenance,
        )


def classifier_class(path: str) -> type[Classifier]:
    """Find the classifier that a config names.

    Args:
        path: its dotted path.

    Raises:
        ConfigError: there is no such class, or it is no `Classifier`.
    """
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"modality._target_={path} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Classifier)):
        raise ConfigError(f"modality._target_={path} is no lfx.modalities.classifier.Classifier")
    return found


def balanced_class_weights(counts: Sequence[int]) -> list[float]:
    """Weigh classes inversely to their share, so that each counts the same in total.

    Args:
        counts: (classes,) training samples of each class, each at least 1.

    Returns:
        (classes,) weights whose mean over the samples is 1.
    """
    total = sum(counts)
    return [total / (len(counts) * count) for count in counts]
