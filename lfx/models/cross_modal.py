"""A joint classifier whose parts are first aligned: those of one sample attract each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from lfx.losses.cross_modal import clip_of_pairs
from lfx.modalities.joint.batch import present_key
from lfx.models.classifier import Batch, Classifier, Optimization
from lfx.models.contrastive import Projection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig

    from lfx.losses.loss import LossTerm
    from lfx.modalities.joint.encoder import JointEncoder
    from lfx.models.heads import Head

# CLIP keeps its learned scale below this, for training to stay stable.
_LARGEST_SCALE = 100.0


@dataclass(frozen=True)
class Alignment:
    """What phase 1 does.

    Attributes:
        projection: what the loss sees each part's features through.
        temperature: by which cosines are divided at first; it is learned.
        optimization: how the encoders are trained; projections and temperature are the head.
    """

    projection: Projection
    temperature: float
    optimization: Optimization


class Aligner(nn.Module):
    """What stands between a joint encoder's parts and CLIP's loss, and is removed after phase 1.

    Args:
        encoder: of the parts.
        alignment: what phase 1 does.
    """

    def __init__(self, encoder: JointEncoder, alignment: Alignment) -> None:
        super().__init__()
        self.projections = nn.ModuleDict(
            {
                name: alignment.projection.build(encoder.part(name).features)
                for name in encoder.names
            }
        )
        self.log_scale = nn.Parameter(torch.tensor(-math.log(alignment.temperature)))

    def forward(self, features: dict[str, Tensor], present: Tensor) -> LossTerm:
        """Compute the loss of a batch.

        Args:
            features: name of a part → (samples, features) float32.
            present: (parts, samples) bool, in the order of the names.
        """
        embeddings = [self.projections[name](features[name]) for name in sorted(features)]
        scale = self.log_scale.clamp(max=math.log(_LARGEST_SCALE)).exp()
        return clip_of_pairs(torch.stack(embeddings), present, scale)


class CrossModalClassifier(Classifier):
    """A joint classifier that is trained in two phases: alignment of its parts, classification.

    In phase 1 the encoders of the parts are trained by CLIP's loss; what joins them waits.
    `begin_classification` starts phase 2: the projections are removed, and the whole model is
    trained by cross-entropy.

    Args:
        encoder: of several parts; what is trained in it is chosen already.
        head: what builds the classifier of phase 2.
        classes: class names in order.
        optimization: how phase 2 is trained.
        alignment: what phase 1 does; None: the module is in phase 2.
        seed: of everything random in training, together with the epoch.
    """

    def __init__(
        self,
        encoder: JointEncoder,
        head: Head,
        *,
        classes: Sequence[str],
        optimization: Optimization | None = None,
        alignment: Alignment | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(encoder, head, classes=classes, optimization=optimization, seed=seed)
        self.head_builder, self.alignment = head, alignment
        self.aligner: Aligner | None = None
        if alignment is None:
            self.begin_classification()
        else:
            self.aligner = Aligner(encoder, alignment)

    def begin_classification(self) -> None:
        """Start phase 2: no projections, and a new classifier.

        The classifier's first weights depend on the seed alone, so that they are the same whether
        phase 1 came right before or was another run.
        """
        self.aligner = None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.head = self.build_head(self.head_builder)
        self.head.to(self.device)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Return the loss of a training batch."""
        if self.aligner is None:
            return super().training_step(batch, index)
        return self._logged("train", self.aligned(self.aligner, batch), batch)

    def validation_step(self, batch: Batch, index: int) -> None:
        """Log phase 1's loss, or keep logits and labels until the epoch's end."""
        if self.aligner is None:
            super().validation_step(batch, index)
        else:
            self._logged("val", self.aligned(self.aligner, batch), batch)

    def on_validation_epoch_end(self) -> None:
        """Log cross-entropy and accuracy; phase 1 has logged its loss already."""
        if self.aligner is None:
            super().on_validation_epoch_end()

    def aligned(self, aligner: Aligner, batch: Batch) -> LossTerm:
        """Return phase 1's loss of a batch; no part is dropped, and no label is read."""
        encoder = cast("JointEncoder", self.encoder)
        features = {name: encoder.encode_part(name, batch) for name in encoder.names}
        present = torch.stack([batch[present_key(name)] for name in encoder.names])
        # In bf16 a contrastive loss would have three digits.
        with torch.autocast(present.device.type, enabled=False):
            loss: LossTerm = aligner({name: of.float() for name, of in features.items()}, present)
        return loss

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return the phase's optimizer and its schedule."""
        if self.aligner is None or self.alignment is None:
            return super().configure_optimizers()
        return self.optimize_by(self.alignment.optimization, self.aligner)

    def _logged(self, split: str, term: LossTerm, batch: Batch) -> Tensor:
        """Log the mean loss of an epoch's batches, and how many samples were in no pair."""
        prefix, size = f"phase_1/{split}", len(batch["label"])
        self.log(f"{prefix}/loss", term.value, on_step=False, on_epoch=True, batch_size=size)
        unpaired = term.unpaired.float()
        self.log(f"{prefix}/unpaired", unpaired, on_step=False, on_epoch=True, reduce_fx="sum")
        return term.value
