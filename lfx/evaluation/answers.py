"""Scores of predicted classes without probabilities, such as baselines'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.evaluation.metrics import score_answers
from lfx.evaluation.reported import INTERVALS, UNSEEN
from lfx.evaluation.scores import searchable
from lfx.evaluation.shared_samples import SharedSamples
from lfx.evaluation.uncertainty import score_intervals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def evaluate_answers(
    answers: Mapping[str, NDArray[np.integer]],
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    seen: NDArray[np.bool_],
    classes: Sequence[str],
    *,
    intervals: Sequence[str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Compute the scores of predicted classes that need no probabilities.

    Args:
        answers: name → class indices, `(samples,)`, one or more.
        labels: class indices, `(samples,)`.
        groups: group of each sample, `(samples,)`.
        seen: whether a near duplicate was fitted on, `(samples,)`.
        classes: names of the classes.
        intervals: keys of the scores that have intervals; None: all.

    Returns:
        Name → score → number; `support`, `groups`, `intervals` and `unseen` as in
        `evaluate_splits`.
    """
    scored = _evaluate(answers, labels, groups, classes, intervals=intervals)
    if seen.any() and not seen.all():
        kept = ~seen
        rest = {name: answer[kept] for name, answer in answers.items()}
        of_rest = _evaluate(rest, labels[kept], groups[kept], classes, intervals=intervals)
        for name, metrics in scored.items():
            metrics[UNSEEN] = of_rest[name]
    return scored


def _evaluate(
    answers: Mapping[str, NDArray[np.integer]],
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    classes: Sequence[str],
    *,
    intervals: Sequence[str] | None,
) -> dict[str, dict[str, Any]]:
    certain = np.eye(len(classes))[np.stack(list(answers.values()))]
    samples = SharedSamples.of(list(answers), classes, certain, labels, groups)
    truth = torch.from_numpy(samples.labels)
    keys = [key for key in searchable() if intervals is None or key in intervals]
    found = score_intervals(samples, keys)
    scored: dict[str, dict[str, Any]] = {}
    for (name, answer), of_answer in zip(answers.items(), found, strict=True):
        predicted = torch.from_numpy(np.asarray(answer, np.int64))
        scored[name] = {
            **score_answers(predicted, truth, len(classes)),
            "groups": samples.group_count,
        }
        scored[name][INTERVALS] = {key: list(bounds) for key, bounds in of_answer.items()}
    return scored
