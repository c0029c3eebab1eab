"""Fit a model with Lightning, until its validation loss no longer falls."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.runtime.errors import TrainingError
from lfx.runtime.progress import Steps, within
from lfx.training.callbacks import CountBatches, EpochLog, Stopping
from lfx.training.compute import make_trainer, quietly
from lfx.training.context import CONTRAST, Resuming, RunContext
from lfx.training.pace import Pace

if TYPE_CHECKING:
    from pathlib import Path

    import pytorch_lightning as pl

    from lfx.models.classifier import Classifier
    from lfx.training.loaders import Loaders

log = logging.getLogger(__name__)

_LOG_EVERY = 10  # steps


@dataclass(frozen=True)
class Stop:
    """When training ends.

    Attributes:
        max_epochs: most epochs.
        patience: epochs without a better validation loss before training stops.
        min_delta: by how much the loss must fall to count as better.
        clip_norm: largest norm of the gradient; None: no clipping.
    """

    max_epochs: int
    patience: int
    min_delta: float
    clip_norm: float | None = None


@dataclass(frozen=True)
class Phase:
    """A phase of training, and how its results are called.

    Attributes:
        number: None where there is one phase only.
        prefix: what stands before its metrics' names.
        title: what its lines in the log begin with.
        pause: seconds in which epochs get no line.
    """

    number: int | None = None
    prefix: str = ""
    title: str = ""
    pause: float = 0.0


ONLY_PHASE = Phase()


def fit(
    classifier: Classifier,
    loaders: Loaders,
    stop: Stop,
    context: RunContext,
    phase: Phase = ONLY_PHASE,
) -> Path:
    """Train one phase until its validation loss no longer falls.

    Args:
        classifier: what is trained, in place.
        loaders: batches to train and to validate on.
        stop: when training ends.
        context: where it happens.
        phase: which phase it is.

    Returns:
        The checkpoint with the least validation loss.

    Raises:
        CheckpointError: the checkpoint to carry on from does not fit.
        TrainingError: the loss never was a finite number.
    """
    monitor, compute = f"{phase.prefix}val/loss", context.compute
    stopping = Stopping(monitor, min_delta=stop.min_delta, patience=stop.patience)
    keeping = context.checkpoints.keep(phase.number, monitor)
    is_last = phase.number != CONTRAST  # whose time tells nothing of phase 2
    epochs = Steps(f"{phase.title}epoch", stop.max_epochs, is_most=True, is_all=is_last)
    callbacks: list[pl.Callback] = [
        CountBatches(epochs),
        stopping,
        EpochLog(phase.prefix, phase.title, phase.pause),
        Pace(phase.prefix, every=_LOG_EVERY),
        keeping,
    ]
    trainer = make_trainer(
        compute,
        context.run,
        logger=context.logger or False,
        callbacks=callbacks,
        plugins=[context.checkpoints.plugin()],
        max_epochs=stop.max_epochs,
        limit_train_batches=compute.most_steps,
        gradient_clip_val=stop.clip_norm,
        log_every_n_steps=_LOG_EVERY,
    )
    expected = Resuming(
        stopping=stopping.state_key,
        patience=stop.patience,
        loops=trainer.fit_loop.state_dict(),
        max_epochs=stop.max_epochs,
        weights=classifier.state_dict(),
    )
    resume = context.checkpoints.resume(phase.number, expected)
    classifier.train()  # pretrained encoders come in evaluation mode, and Lightning would keep it
    with within(epochs):
        quietly(trainer.fit, classifier, *loaders, ckpt_path=resume)
    context.checkpoints.note_epochs(phase.number, trainer.current_epoch)
    score = keeping.best_score
    if score is None or not math.isfinite(score):
        raise TrainingError(
            f"{phase.title}the validation loss was no finite number after any epoch; a lower "
            "learning rate may help, or trainer.precision=fp32"
        )
    ended = f"{phase.title}{trainer.current_epoch} epoch{'' if trainer.current_epoch == 1 else 's'}"
    early = ", stopped early" if stopping.stopped_epoch else ""
    log.info("%s%s, least validation loss %.4f", ended, early, score)
    return context.checkpoints.best(phase.number)
