"""Training whatever a modality is, in one phase or in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.modalities.build import build_plan, build_training
from lfx.modalities.contrastive import ContrastiveClassifier
from lfx.modalities.training import fit
from lfx.modalities.two_phases import fit_two_phases

if TYPE_CHECKING:
    from lfx.configuration.train import TrainConfig
    from lfx.modalities.classifier import Classifier
    from lfx.modalities.resumption import Resumption
    from lfx.modalities.surroundings import Outcome, Surroundings


def fit_model(
    config: TrainConfig, classifier: Classifier, around: Surroundings, resume: Resumption | None
) -> Outcome:
    """Train a model.

    Args:
        config: the stage's settings.
        classifier: what is trained, in place.
        around: where it happens.
        resume: the checkpoint to carry on from.

    Raises:
        ConfigError: phase 1 would have nothing to contrast.
        TrainingError: the loss never was a finite number.
    """
    if isinstance(classifier, ContrastiveClassifier):
        return fit_two_phases(classifier, build_plan(config, around.table), around, resume)
    file = None if resume is None else resume.file
    return fit(classifier, build_training(config), around, file)
