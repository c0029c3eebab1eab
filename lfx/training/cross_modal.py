"""Training a joint model in two phases: its parts are aligned, then all of it classifies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lfx.modalities.joint.encoder import JointEncoder
from lfx.modalities.joint.modality import JointModality
from lfx.models.classifier import Optimization
from lfx.models.contrastive import Projection
from lfx.models.cross_modal import Alignment, CrossModalClassifier
from lfx.models.optimization import AdamW, Objective, Optimizer, Schedule
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, DataError
from lfx.runtime.settings import Count, NotNegative, Positive
from lfx.training.batches import EpochBatches, EveryEpochAlike
from lfx.training.context import CLASSIFICATION, CONTRAST, Outcome
from lfx.training.fit import Phase, Stop, fit
from lfx.training.loaders import Loaders, classifier_loaders, labels_of, make_loader
from lfx.training.regime import Regime, Request
from lfx.training.two_phases import PHASES, phase_problems

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder
    from lfx.models.classifier import Batch, Classifier
    from lfx.models.heads import Head
    from lfx.training.context import RunContext

_ALIGNMENT = Phase(CONTRAST, prefix="phase_1/", title="phase 1, ")
_CLASSIFICATION = Phase(CLASSIFICATION, title="phase 2, ")
_PAIR = 2  # parts that a sample has to have to be aligned, and samples to tell apart


@checked
@dataclass(frozen=True, kw_only=True)
class TrainingPhase:
    """How long and how a phase trains.

    Args:
        max_epochs: Most epochs.
        patience: Epochs without a better validation loss before the phase stops.
        min_delta: By how much the validation loss must fall to count as better.
        batch_size: Samples per step; in phase 1 each is told apart from all others of its batch.
        optimizer: How weights are stepped.
        schedule: The learning rate over time.
    """

    max_epochs: Count = 10
    patience: Count = 3
    min_delta: NotNegative = 1e-4
    batch_size: Count = 32
    optimizer: Optimizer = AdamW()
    schedule: Schedule = Schedule()

    def stop(self) -> Stop:
        """Return when the phase ends."""
        return Stop(self.max_epochs, self.patience, self.min_delta, self.optimizer.clip_norm)


@checked
@dataclass(frozen=True, kw_only=True)
class CrossModal(Regime):
    """The parts of one sample attract each other (CLIP's loss), then the model learns to classify.

    Args:
        projection: Between each part's features and the loss of phase 1; removed after it.
        temperature: By which phase 1 divides cosines at first; it is learned.
        phase_1: The alignment of the parts, on samples that have two or more.
        phase_2: Encoders, what joins them, and head, by cross-entropy.
        objective: The cross-entropy of phase 2.
    """

    projection: Projection = Projection()
    temperature: Positive = 0.07
    phase_1: TrainingPhase = TrainingPhase()
    phase_2: TrainingPhase = TrainingPhase()
    objective: Objective = Objective()

    def problems(self, request: Request) -> list[str]:
        """Return what is impossible about the model, the phases, and where they start."""
        problems = phase_problems(request)
        if len(request.parts) < _PAIR:
            problems.append(
                "training=cross_modal aligns several parts of a sample: it needs modality=joint "
                f"with two encoders or more, got {len(request.parts)}"
            )
        if request.loss is not None:
            problems.append("loss is for training=contrastive; training=cross_modal has CLIP's")
        if request.phase != "2" and self.phase_1.batch_size < _PAIR:
            problems.append(
                f"training.phase_1.batch_size must be at least {_PAIR}, got "
                f"{self.phase_1.batch_size}: a sample is told apart from others of its batch"
            )
        return problems

    def build(
        self, encoder: Encoder, head: Head, table: SampleTable, request: Request, seed: int
    ) -> Classifier:
        """Build the model, in phase 1 if the request has one."""
        if not isinstance(encoder, JointEncoder):
            raise TypeError(f"{type(encoder).__name__} is not a JointEncoder")
        alignment = None
        if request.phase != "2":
            if not any(one.requires_grad for one in encoder.parts.parameters()):
                raise ConfigError(
                    "phase 1 trains the encoders, and modality.encoders.NAME.trainable=nothing "
                    "leaves it nothing to train; allowed: phase=2, training=supervised, or an "
                    "encoder that is trained"
                )
            optimization = Optimization(self.phase_1.optimizer, self.phase_1.schedule)
            alignment = Alignment(self.projection, self.temperature, optimization)
        return CrossModalClassifier(
            encoder,
            head,
            classes=table.classes,
            optimization=Optimization(
                self.phase_2.optimizer,
                self.phase_2.schedule,
                self.objective.label_smoothing,
                self.objective.weights(table.class_counts(table.rows("train"))),
            ),
            alignment=alignment,
            seed=seed,
        )

    def fit(self, model: Classifier, context: RunContext, request: Request) -> Outcome:
        """Train the phases that the request has; the one that its checkpoints resume goes on."""
        if not isinstance(model, CrossModalClassifier):
            raise TypeError(f"{type(model).__name__} is not a CrossModalClassifier")
        phases, checkpoints = PHASES[request.phase], context.checkpoints
        begun = checkpoints.resumed_phase()
        if begun != CLASSIFICATION:  # what an earlier run left of it is of other encoders
            checkpoints.forget(CLASSIFICATION)
        if CONTRAST in phases and begun != CLASSIFICATION:
            loaders = Loaders(
                self._aligned_loader(model, context, "train"),
                self._aligned_loader(model, context, "val"),
            )
            fit(model, loaders, self.phase_1.stop(), context, _ALIGNMENT)
        checkpoints.load_encoder(model.encoder)
        if CLASSIFICATION not in phases:
            return Outcome()
        model.begin_classification()
        compute = replace(context.compute, batch_size=self.phase_2.batch_size)
        within = replace(context, compute=compute)
        loaders = classifier_loaders(model, within)
        return Outcome(fit(model, loaders, self.phase_2.stop(), within, _CLASSIFICATION))

    def _aligned_loader(
        self, model: CrossModalClassifier, context: RunContext, split: str
    ) -> DataLoader[Batch]:
        """Load the samples of a split that have two parts or more."""
        rows = _rows_of_pairs(context, split)
        inputs = context.inputs(rows, model.encoder, model.seed if split == "train" else None)
        size, seed = self.phase_1.batch_size, model.seed
        sampler = EpochBatches(size, inputs.lengths, seed=seed)
        labels = labels_of(context.table, rows)
        # Validation has the same batches in each epoch: the losses of epochs have to compare.
        batches = sampler if split == "train" else EveryEpochAlike(sampler)
        return make_loader(inputs, labels, batches, context.compute)


def _rows_of_pairs(context: RunContext, split: str) -> list[int]:
    table, modality = context.table, context.modality
    if not isinstance(modality, JointModality):
        raise TypeError(f"{type(modality).__name__} is not a JointModality")
    parts = np.sum([part.present(table) for part in modality.parts.values()], axis=0)
    rows = [row for row in table.rows(split) if parts[row] >= _PAIR]
    if len(rows) < _PAIR:
        raise DataError(
            f"training=cross_modal aligns the parts of one sample, and {len(rows)} samples of "
            f"{split} have two of {', '.join(modality.parts)}; at least {_PAIR} are needed"
        )
    return rows
