"""Fit a model with Lightning."""

from __future__ import annotations

import logging
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytorch_lightning.callbacks import RichProgressBar

from lfx.modalities.callbacks import EpochLog, KeepCheckpoints, Stopping
from lfx.modalities.checkpoint_io import CheckpointFiles
from lfx.modalities.checkpoints import read_checkpoint
from lfx.modalities.compute import make_trainer, quietly
from lfx.modalities.loaders import Loaders, classifier_loaders
from lfx.modalities.progress import Expected, lightning_state
from lfx.modalities.run_files import BEST, FOLDER, require_own
from lfx.modalities.surroundings import Outcome, Surroundings
from lfx.runtime.errors import CheckpointError, TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    import pytorch_lightning as pl

    from lfx.modalities.classifier import Classifier

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Training:
    """When training ends, and how it is watched.

    Attributes:
        max_epochs: most epochs.
        patience: epochs without a better validation loss before training stops.
        min_delta: by how much the loss must fall to count as better.
        clip_norm: largest norm of the gradient; None: no clipping.
        progress: whether a progress bar is drawn in a terminal.
        most_steps: in an epoch; None: as many as there are batches.
    """

    max_epochs: int
    patience: int
    min_delta: float
    clip_norm: float | None = None
    progress: bool = True
    most_steps: int | None = None


def fit(
    classifier: Classifier, training: Training, around: Surroundings, resume: Path | None = None
) -> Outcome:
    """Train on the train split until the validation loss no longer falls.

    Args:
        classifier: what is trained, in place.
        training: when it ends.
        around: where it happens; checkpoints go below the run's folder.
        resume: a `last.ckpt` to carry on from.

    Returns:
        The checkpoint with the least validation loss.
    """
    loaders = classifier_loaders(classifier, around)
    return Outcome(fit_loaders(classifier, loaders, training, around, ONLY_PHASE, resume))


@dataclass(frozen=True)
class Phase:
    """Where a phase of training keeps its results, and how it calls them.

    Attributes:
        folder: of its checkpoints, in the run's folder.
        prefix: what stands before its metrics' names.
        title: what its lines in the log begin with.
        pause: seconds in which epochs get no line.
    """

    folder: str = FOLDER
    prefix: str = ""
    title: str = ""
    pause: float = 0.0


ONLY_PHASE = Phase()


def fit_loaders(
    classifier: Classifier,
    loaders: Loaders,
    training: Training,
    around: Surroundings,
    phase: Phase,
    resume: Path | None = None,
) -> Path:
    """Train one phase until its validation loss no longer falls.

    Args:
        classifier: what is trained, in place.
        loaders: batches to train and to validate on.
        training: when it ends.
        around: where it happens.
        phase: where results go.
        resume: a `last.ckpt` of this phase to carry on from.

    Returns:
        The checkpoint with the least validation loss.

    Raises:
        TrainingError: the loss never was a finite number.
    """
    monitor, folder = f"{phase.prefix}val/loss", around.run / phase.folder
    stopping = Stopping(monitor, min_delta=training.min_delta, patience=training.patience)
    require_own(around.run)
    keeping = KeepCheckpoints(folder, monitor)
    epochs = EpochLog(phase.prefix, phase.title, phase.pause)
    callbacks: list[pl.Callback] = [stopping, epochs, keeping]
    if training.progress and sys.stdout.isatty():
        callbacks.insert(0, RichProgressBar(leave=False))
    files = CheckpointFiles()
    trainer = make_trainer(
        around.compute,
        around.run,
        logger=around.logger or False,
        callbacks=callbacks,
        plugins=[files],
        max_epochs=training.max_epochs,
        limit_train_batches=training.most_steps,
        gradient_clip_val=training.clip_norm,
        log_every_n_steps=10,
    )
    if resume is not None:
        expected = Expected(
            monitor=monitor,
            stopping=stopping.state_key,
            keeping=keeping.state_key,
            patience=training.patience,
            loops=trainer.fit_loop.state_dict(),
            max_epochs=training.max_epochs,
            weights=classifier.state_dict(),
        )
        files.progress = lightning_state(read_checkpoint(resume), expected)
        if not (folder / BEST).is_file():
            raise CheckpointError(
                f"{resume} is resumed from together with {BEST} of its run, which is not beside it"
            )
    classifier.train()  # pretrained encoders come in evaluation mode, and Lightning would keep it
    quietly(trainer.fit, classifier, *loaders, ckpt_path=resume)
    score = keeping.best_score
    if score is None or not math.isfinite(score):
        raise TrainingError(
            f"{phase.title}the validation loss was no finite number after any epoch; a lower "
            "learning rate may help, or trainer.precision=fp32"
        )
    ended = f"{phase.title}{trainer.current_epoch} epoch{'' if trainer.current_epoch == 1 else 's'}"
    early = ", stopped early" if stopping.stopped_epoch else ""
    log.info("%s%s, least validation loss %.4f", ended, early, score)
    return folder / BEST
