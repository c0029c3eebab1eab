"""From a training run's settings to a model, and to how it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from lfx.configuration.build import build
from lfx.configuration.contrastive import ContrastiveConfig
from lfx.configuration.modality import ClassifierConfig
from lfx.configuration.typed import plain
from lfx.encoders.encoder import choose_trainable
from lfx.losses.loss import Loss
from lfx.modalities.checkpoints import BEST, PHASE_1
from lfx.modalities.classifier import balanced_class_weights, classifier_class
from lfx.modalities.compute import Compute, choose_precision
from lfx.modalities.contrastive import (
    Contrast,
    ContrastiveClassifier,
    ProjectionShape,
    check_contrast,
)
from lfx.modalities.optimization import Optimization
from lfx.modalities.phase_1 import Phase1, read_phase_1
from lfx.modalities.restoring import restore_encoder
from lfx.modalities.training import Training
from lfx.modalities.two_phases import Plan
from lfx.runtime.device import resolve_device
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.configuration.contrastive import PhaseConfig
    from lfx.configuration.modality import (
        HeadOptimizerConfig,
        ObjectiveConfig,
        OptimizerConfig,
        ScheduleConfig,
    )
    from lfx.configuration.train import TrainConfig
    from lfx.configuration.trainer import TrainerConfig
    from lfx.data.samples import SampleTable
    from lfx.encoders.encoder import Encoder
    from lfx.modalities.classifier import Classifier

_PHASES = {"both": (1, 2), "1": (1,), "2": (2,)}


def build_compute(own: TrainerConfig) -> Compute:
    """Choose device, precision and number of threads."""
    if own.threads is not None:
        torch.set_num_threads(own.threads)
    device = resolve_device(own.device, "trainer.device")
    precision = choose_precision(own.precision.name, device)
    return Compute(device, precision, batch_size=own.batch_size, workers=own.workers)


def build_training(config: TrainConfig) -> Training:
    """Say when the training of a modality with one phase ends."""
    own = config.trainer
    return Training(
        max_epochs=own.max_epochs,
        patience=own.patience,
        min_delta=own.min_delta,
        clip_norm=_as_classifier(config).optimizer.clip_norm,
        progress=own.progress,
        most_steps=own.limit_train_batches,
    )


def build_plan(config: TrainConfig, table: SampleTable) -> Plan:
    """Say how a modality with two phases is trained.

    Args:
        config: the stage's settings.
        table: the samples; batches hold the classes of its training split.

    Raises:
        ConfigError: phase 1 would have nothing to contrast.
    """
    own = _as_contrastive(config)
    first, second = own.phase_1, own.phase_2
    loss, views = build_loss(config)
    classes = sum(count > 0 for count in table.class_counts(table.rows("train")))
    per_class = first.samples_per_class
    if per_class is None:
        per_class = max(1 if views > 1 else 2, first.batch_size // classes)
    return Plan(
        phases=_PHASES[config.phase],
        contrast=_phase_training(first, first.optimizer, config.trainer),
        contrast_size=first.batch_size,
        samples_per_class=per_class if first.balanced and loss.uses_labels else None,
        classification=_phase_training(second, second.optimizer, config.trainer),
        classification_size=second.batch_size,
        n_views=second.n_views,
        diagnostics=own.diagnostics.enabled,
    )


def prepare_phases(config: TrainConfig, run: Path, *, resumed: bool) -> Phase1 | None:
    """Check what phase 1 needs, and read the checkpoint that phase 2 starts from, before any work.

    Args:
        config: the stage's settings.
        run: the run's folder.
        resumed: whether the run carries on; it then has a copy of that checkpoint in its folder.

    Returns:
        The checkpoint; None where phase 2 does not start from one.

    Raises:
        ConfigError: phase 1 would have nothing to contrast.
        CheckpointError: the checkpoint cannot be read, or is of another encoder.
    """
    if not isinstance(config.modality, ContrastiveConfig):
        return None
    build_loss(config)
    if config.phase_1_ckpt is None:
        return None
    kind, encoder = config.modality._target_, plain(config.encoder)
    own = run / PHASE_1 / BEST
    file = own if resumed and own.is_file() else Path(config.phase_1_ckpt)
    return read_phase_1(file, kind, encoder)


def build_loss(config: TrainConfig) -> tuple[Loss, int]:
    """Build what phase 1 minimises, and say how many views of a sample it gets.

    Raises:
        ConfigError: the class cannot be built, or batches leave it nothing to contrast.
    """
    first = _as_contrastive(config).phase_1
    loss: Loss = build(config.loss, "loss", Loss)
    views = loss.views if first.views is None else first.views
    if config.phase != "2":
        check_contrast(loss, first.batch_size, first.samples_per_class, views)
    return loss, views


def build_classifier(
    config: TrainConfig, table: SampleTable, phase_1: Phase1 | None = None
) -> Classifier:
    """Build the model that a config describes, with its weights.

    Args:
        config: the stage's settings.
        table: the samples; its train split gives class weights and, for an encoder without
            weights, the tokenizer.
        phase_1: the checkpoint that phase 2 starts from; its encoder has a tokenizer already.
    """
    kind = classifier_class(config.modality._target_)
    train = table.rows("train")
    if phase_1 is None:
        texts = [table.texts[row] for row in train]
        encoder = kind.build_encoder(plain(config.encoder), texts)
        choose_trainable(encoder, config.encoder.trainable.name, config.encoder.trainable_blocks)
    else:
        encoder = restore_encoder(phase_1.checkpoint, config.modality._target_)
    common: dict[str, Any] = {"classes": table.classes, "seed": config.seed}
    if issubclass(kind, ContrastiveClassifier):
        return _build_contrastive(kind, encoder, config, table, common)
    own = _as_classifier(config)
    return kind(
        encoder,
        dropout=own.dropout,
        l2=own.l2,
        optimization=_optimization(own.optimizer, own.schedule),
        **_objective(own.objective, table),
        **common,
    )


def _build_contrastive(
    kind: type[ContrastiveClassifier],
    encoder: Encoder,
    config: TrainConfig,
    table: SampleTable,
    common: Mapping[str, Any],
) -> ContrastiveClassifier:
    own = _as_contrastive(config)
    first, second = own.phase_1, own.phase_2
    loss, views = build_loss(config)
    shape = own.projection
    contrast = Contrast(
        loss=loss,
        views=views,
        projection=ProjectionShape(tuple(shape.hidden), shape.width, relu=shape.relu),
        optimization=_optimization(first.optimizer, first.schedule),
    )
    return kind(
        encoder,
        dropout=second.dropout,
        optimization=_optimization(second.optimizer, second.schedule),
        contrast=None if config.phase == "2" else contrast,
        hidden=second.hidden,
        l2=second.l2,
        **_objective(second.objective, table),
        **common,
    )


def _optimization(
    own: HeadOptimizerConfig | OptimizerConfig, schedule: ScheduleConfig
) -> Optimization:
    # A frozen encoder has no rate of its own.
    head = getattr(own, "head_learning_rate", own.learning_rate)
    return Optimization(
        learning_rate=own.learning_rate,
        head_learning_rate=head,
        weight_decay=own.weight_decay,
        warmup=schedule.warmup,
        decay=schedule.decay.name,
    )


def _objective(own: ObjectiveConfig, table: SampleTable) -> dict[str, Any]:
    weights = None
    if own.class_weights.name == "balanced":
        weights = balanced_class_weights(table.class_counts(table.rows("train")))
    return {"label_smoothing": own.label_smoothing, "class_weights": weights}


def _phase_training(
    own: PhaseConfig, optimizer: HeadOptimizerConfig, trainer: TrainerConfig
) -> Training:
    return Training(
        max_epochs=own.max_epochs,
        patience=own.patience,
        min_delta=own.min_delta,
        clip_norm=optimizer.clip_norm,
        progress=trainer.progress,
        most_steps=trainer.limit_train_batches,
    )


def _as_classifier(config: TrainConfig) -> ClassifierConfig:
    if not isinstance(config.modality, ClassifierConfig):
        raise ConfigError(
            f"modality._target_={config.modality._target_} is trained in one phase: its config "
            "starts from /ClassifierConfig@_here_"
        )
    return config.modality


def _as_contrastive(config: TrainConfig) -> ContrastiveConfig:
    if not isinstance(config.modality, ContrastiveConfig):
        raise ConfigError(
            f"modality._target_={config.modality._target_} is trained in two phases: its config "
            "starts from /ContrastiveConfig@_here_"
        )
    return config.modality
