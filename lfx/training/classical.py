"""Training the head alone, by scikit-learn's logistic regression, on an encoder as it is."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from annotated_types import MinLen
from torch import nn
from torch.nn import functional

from lfx.models.classifier import Classifier
from lfx.models.optimization import Objective
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, TrainingError
from lfx.runtime.settings import Count, Positive
from lfx.training.context import Outcome, RunContext
from lfx.training.feature_rows import feature_rows
from lfx.training.loaders import labels_of
from lfx.training.logistic import Features, LinearFit, fit_logistic
from lfx.training.regime import Regime, Request, one_phase_problems

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder
    from lfx.models.heads import Head

log = logging.getLogger(__name__)

_STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


@checked
@dataclass(frozen=True, kw_only=True)
class Classical(Regime):
    """A logistic regression (scikit-learn) on an encoder that is not trained.

    Its strength of regularisation is chosen by the validation loss, from the strongest on;
    `trainer.patience` values without a better one end the search.

    Args:
        Cs: Inverse strengths of regularisation to choose from (scikit-learn's `C`).
        objective: The cross-entropy; label_smoothing must be 0.
        max_iter: Most iterations of the solver for each.
        tol: Largest entry of the gradient at which the solver ends.

    Raises:
        ConfigError: the labels would be smoothed.
    """

    Cs: Annotated[Sequence[Positive], MinLen(1)] = _STRENGTHS
    objective: Objective = Objective()
    max_iter: Count = 1000
    tol: Positive = 1e-4

    def __post_init__(self) -> None:
        """Refuse what scikit-learn cannot do."""
        if self.objective.label_smoothing:
            raise ConfigError(
                f"training.objective.label_smoothing={self.objective.label_smoothing}: a logistic "
                "regression has none; allowed: 0, or training=supervised"
            )

    def problems(self, request: Request) -> list[str]:
        """Return which settings of two phases are given, and what would be left untrained."""
        problems = one_phase_problems(request)
        if request.parts:
            problems.append(
                "training=classical fits the head of one encoder; a joint model takes "
                "training=supervised, also with encoder=ngrams or logistic for a part"
            )
        elif request.trainable != "nothing":
            problems.append(
                f"encoder.trainable={request.trainable}, and training=classical trains the head "
                "alone; encoder.trainable=nothing leaves a pretrained encoder as it is, "
                "training=supervised trains it"
            )
        return problems

    def build(
        self, encoder: Encoder, head: Head, table: SampleTable, request: Request, seed: int
    ) -> Classifier:
        """Build the model.

        Raises:
            ConfigError: the head is not linear.
        """
        del request
        model = Classifier(encoder, head, classes=table.classes, seed=seed)
        if not isinstance(model.head, nn.Linear):
            raise ConfigError("training=classical fits a linear classifier; head=linear is one")
        if head.l2:
            raise ConfigError(
                f"head.l2={head.l2}: training=classical chooses the penalty from training.Cs; "
                "allowed: 0"
            )
        return model

    def fit(self, model: Classifier, context: RunContext, request: Request) -> Outcome:
        """Fit the head for one strength of regularisation after the other, and keep the best."""
        train, val = (_encode(model, context, split) for split in ("train", "val"))
        counts = context.table.class_counts(context.table.rows("train"))
        weights, candidates = self.objective.weights(counts), sorted(set(self.Cs))
        losses = context.checkpoints.tried(model.state_dict(), len(candidates))
        for c in candidates[len(losses) :]:
            if _is_over(losses, request.trainer.patience, request.trainer.min_delta):
                break
            start = time.perf_counter()
            fitted = fit_logistic(
                *(train.features, train.labels),
                c=c,
                class_weights=weights,
                max_iter=self.max_iter,
                tol=self.tol,
            )
            loss, accuracy = val.scores(fitted)
            seconds = time.perf_counter() - start
            log.info("C=%g: val loss %.4f, accuracy %.4f (%.1f s)", c, loss, accuracy, seconds)
            if not fitted.converged:
                log.warning(
                    "C=%g: not converged after %d iterations (training.max_iter, training.tol)",
                    c,
                    self.max_iter,
                )
            losses.append(loss)
            _set_head(model, fitted)
            is_best = loss < min(losses[:-1], default=math.inf)
            context.checkpoints.write(model.state_dict(), losses, is_best=is_best)
        best = context.checkpoints.best_weights(None)
        fitted = LinearFit(best["head.weight"].numpy(), best["head.bias"].numpy())
        _report(candidates[losses.index(min(losses))], fitted, train, val, context)
        return Outcome(context.checkpoints.best(None))


@dataclass(frozen=True, eq=False)
class _Encoded:
    """A split's features (samples, features) and labels (samples,)."""

    features: Features
    labels: Sequence[int]

    def scores(self, fitted: LinearFit) -> tuple[float, float]:
        """Return cross-entropy and accuracy."""
        logits, labels = torch.from_numpy(fitted.logits(self.features)), torch.tensor(self.labels)
        accuracy = (logits.argmax(dim=1) == labels).double().mean()
        return float(functional.cross_entropy(logits, labels)), float(accuracy)


def _encode(model: Classifier, context: RunContext, split: str) -> _Encoded:
    rows = context.table.rows(split)
    log.info("encoding %d samples of %s", len(rows), split)
    features = feature_rows(model.encoder, rows, context)
    if not np.isfinite(features.data).all():
        raise TrainingError(f"the encoder gives features of {split} that are not finite numbers")
    return _Encoded(features, labels_of(context.table, rows))


def _is_over(losses: Sequence[float], patience: int, min_delta: float) -> bool:
    """Return whether the newest losses are no better than an earlier one, as in early stopping."""
    best, waited = math.inf, 0
    for loss in losses:
        best, waited = (loss, 0) if loss < best - min_delta else (best, waited + 1)
    return waited >= patience


def _set_head(model: Classifier, fitted: LinearFit) -> None:
    model.head.load_state_dict(
        {"weight": torch.from_numpy(fitted.weight), "bias": torch.from_numpy(fitted.bias)}
    )


def _report(
    c: float, fitted: LinearFit, train: _Encoded, val: _Encoded, context: RunContext
) -> None:
    """Log the best fit; a loss is without regularisation and class weights."""
    (train_loss, _), (loss, accuracy) = train.scores(fitted), val.scores(fitted)
    log.info("best: C=%g, val loss %.4f, accuracy %.4f", c, loss, accuracy)
    if context.logger is not None:
        metrics = {"C": c, "train/loss": train_loss, "val/loss": loss, "val/accuracy": accuracy}
        context.logger.log_metrics(metrics, step=0)
