"""Nested cross-validation: a scheme is chosen on some samples and scored on others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from lfx.evaluation.metrics import score_answers
from lfx.evaluation.scores import SCORES
from lfx.fusion.crossfit import folds
from lfx.runtime.errors import FusionError
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData
    from lfx.fusion.pipeline import Pipeline

_LEAST_FOLDS = 2


@dataclass(frozen=True, eq=False)
class Nested:
    """Predictions by schemes that were chosen without the samples they predict.

    Attributes:
        chosen: class indices by the scheme that was chosen on the other folds, `(samples,)`.
        best_member: class indices by the member that is best on the other folds, `(samples,)`.
        schemes: name of the scheme that was chosen for each fold, `(folds,)`.
        members: name of the member that was best for each fold, `(folds,)`.
        cross_fitted: scheme → class indices by fits on the other folds, `(samples,)`; the best of
            them is chosen on the samples that it is scored on.
    """

    chosen: NDArray[np.int64]
    best_member: NDArray[np.int64]
    schemes: tuple[str, ...]
    members: tuple[str, ...]
    cross_fitted: Mapping[str, NDArray[np.int64]]


def choose_nested(
    fit: FitData, pipelines: Mapping[str, Pipeline], metric: str, *, outer: int = 5, inner: int = 5
) -> Nested:
    """Choose a scheme for each fold on the other folds, and predict the fold by it.

    Choosing among schemes by their scores favours those that were lucky, so the best score is too
    good (Varma and Simon, Bias in error estimation when using cross-validation for model selection,
    BMC Bioinformatics 2006). Here the choice, too, is made without the samples that are scored.

    Args:
        fit: labelled samples that all members have.
        pipelines: scheme's name → the calibration and the scheme.
        metric: key of the score to choose by, one of `searchable`.
        outer: the number of folds that are scored.
        inner: the number of folds of the samples that a scheme is chosen on.

    Raises:
        FusionError: there are too few groups for two folds, or a scheme cannot be fitted.
    """
    labels = fit.labels.cpu().numpy()
    parts = folds(labels, fit.groups, outer, fit.seed)
    if len(parts) < _LEAST_FOLDS:
        raise FusionError(
            f"a nested cross-validation needs two groups of samples or more; got {len(parts)}"
        )
    chosen, best_member = np.empty_like(labels), np.empty_like(labels)
    everyone = {name: np.empty_like(labels) for name in pipelines}
    schemes, members = [], []
    for train, held_out in track(parts, "choosing schemes, fold by fold", len(parts)):
        seen, unseen = fit.select(train), fit.select(held_out)
        scores = {
            name: _score(_cross_fitted(pipeline, seen, inner), seen, metric)
            for name, pipeline in pipelines.items()
        }
        for name, pipeline in pipelines.items():
            fused = pipeline.fit(seen).combine(unseen.outputs)
            everyone[name][held_out] = fused.argmax(dim=1).cpu().numpy()
        scheme = max(scores, key=lambda name: scores[name])
        chosen[held_out] = everyone[scheme][held_out]
        of_members = [
            _score(probabilities.argmax(dim=1), seen, metric)
            for probabilities in seen.probabilities
        ]
        best = int(np.argmax(of_members))
        best_member[held_out] = unseen.probabilities[best].argmax(dim=1).cpu().numpy()
        schemes.append(scheme)
        members.append(fit.members[best])
    return Nested(chosen, best_member, tuple(schemes), tuple(members), everyone)


def _cross_fitted(pipeline: Pipeline, fit: FitData, count: int) -> torch.Tensor:
    """Return class indices by fits that have not seen a sample's group, `(samples,)`."""
    if not pipeline.needs_fit:
        return pipeline.fit(fit).combine(fit.outputs).argmax(dim=1)
    shape = (len(fit.labels), len(fit.classes))
    scores = torch.zeros(shape, dtype=torch.float64, device=fit.labels.device)
    if not pipeline.combine_held_out(fit, fit.outputs, fit.groups, scores, count):
        raise FusionError("too few groups of samples for the inner folds of a cross-validation")
    return scores.argmax(dim=1)


def _score(answers: torch.Tensor, fit: FitData, metric: str) -> float:
    """Return the score of predicted classes, negative where a lower one is better."""
    sign = 1 if SCORES[metric].higher_is_better else -1
    scores = score_answers(answers.cpu(), fit.labels.cpu(), len(fit.classes))
    return sign * scores[metric]
