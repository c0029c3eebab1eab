"""Baselines that every scheme is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from lfx.evaluation.metrics import evaluate
from lfx.evaluation.scores import SCORES
from lfx.fusion.pools import linear_pool
from lfx.fusion.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from lfx.fusion.outputs import Outputs


def best_member(
    fit_probabilities: Iterable[Tensor], fit_labels: Tensor, outputs: Outputs, metric: str
) -> int:
    """Return the position of the member with the best score of the fit rows; the first of equals.

    Args:
        fit_probabilities: each member's probabilities of the labelled samples of the fit split,
            `(fit samples, classes)`; an iterator, to avoid a copy of all members at once.
        fit_labels: class indices of these samples, `(fit samples,)`, one or more.
        outputs: the members' outputs of all samples.
        metric: key of the score.
    """
    sign = 1 if SCORES[metric].higher_is_better else -1
    scores = [
        sign * evaluate(probabilities, fit_labels, outputs.classes)[metric]
        for probabilities in fit_probabilities
    ]
    return max(range(len(scores)), key=scores.__getitem__)


def baseline_answers(
    outputs: Outputs, labels: Tensor, fit_labels: Tensor, best: int | None
) -> dict[str, Tensor]:
    """Return the predictions without fusion, of the simplest fusion, and of an upper bound.

    `majority class` always predicts the most frequent class of the fit split; `best member` is the
    member with the best score there; both are missing if the fit split has no labels. `mean`
    averages all members. `oracle` is right if any member is right, and otherwise predicts the class
    of the mean: an upper bound of the accuracy of choosing a member for each sample.

    Args:
        outputs: the members' outputs of all samples.
        labels: class indices, `(samples,)`, -1 if unlabelled.
        fit_labels: class indices of the labelled samples of the fit split; may be empty.
        best: position of the best member; None: unknown.

    Returns:
        Name → class indices, `(samples,)`.
    """
    answers: dict[str, Tensor] = {}
    if len(fit_labels):
        counts = torch.bincount(fit_labels, minlength=len(outputs.classes))
        majority = int(counts.argmax().item())
        answers[f"majority class ({outputs.classes[majority]})"] = torch.full_like(labels, majority)
    if best is not None:
        answers[f"best member ({outputs.members[best]})"] = answers_of(best, outputs)
    equal = Weights("member", torch.ones(len(outputs.members), dtype=outputs.logits.dtype))
    mean = linear_pool(outputs.probabilities, equal, outputs.present).argmax(dim=1)
    right = (outputs.probabilities.argmax(dim=2) == labels) & outputs.present
    answers["mean"] = mean
    answers["oracle (any member right)"] = torch.where(right.any(dim=0), labels, mean)
    return answers


def answers_of(member: int, outputs: Outputs) -> Tensor:
    """Return a member's predicted classes, `(samples,)`; the others' mean if it lacks a sample."""
    probabilities, present = outputs.probabilities, outputs.present
    if bool(present[member].all()):  # the other members would have the weight 0 everywhere
        probabilities, present = probabilities[member : member + 1], present[member : member + 1]
        member = 0
    weights = probabilities.new_zeros(len(probabilities))
    weights[member] = 1
    return linear_pool(probabilities, Weights("member", weights), present).argmax(dim=1)
