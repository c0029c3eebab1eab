"""What every scheme is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from lfx.evaluation.metrics import evaluate, score_answers
from lfx.evaluation.scores import SCORES
from lfx.fusion.pools import linear_pool
from lfx.fusion.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from lfx.fusion.outputs import Outputs


def baselines(
    said: Iterable[Tensor],
    fit_labels: Tensor,
    outputs: Outputs,
    labels: Tensor,
    splits: dict[str, Tensor],
    metric: str,
) -> dict[str, dict[str, dict[str, float]]]:
    """Score what takes no fusion, the plainest fusion, and what no fusion can exceed.

    `majority class` always answers the class that is most frequent on the fit split; `best member`
    is the member with the best score there; both are missing where the fit split has no labels.
    `mean` averages all members. `oracle` is right wherever any member is, and else answers as the
    mean does: an upper bound of the accuracy of any choice between members, sample by sample.

    Args:
        said: what each member says of the labelled samples of the fit split, `(fit samples,
            classes)` probabilities; one member at a time, so that no copy of all is needed.
        fit_labels: their class indices, `(fit samples,)`; may be empty.
        outputs: what the members say of all samples.
        labels: class indices, `(samples,)`, -1 where unlabelled.
        splits: split → mask, `(samples,)`, of what is reported.
        metric: what makes a member the best, by a name that `evaluate` gives.

    Returns:
        Name → split → score → number: those that need no probabilities, and `support`.
    """
    answers: dict[str, Tensor] = {}
    if len(fit_labels):
        counts = torch.bincount(fit_labels, minlength=len(outputs.classes))
        common = int(counts.argmax().item())
        answers[f"majority class ({outputs.classes[common]})"] = torch.full_like(labels, common)
        sign = 1 if SCORES[metric].higher_is_better else -1
        scores = [sign * evaluate(member, fit_labels, outputs.classes)[metric] for member in said]
        best = max(range(len(scores)), key=scores.__getitem__)
        answers[f"best member ({outputs.members[best]})"] = _answers_of(best, outputs)
    equal = Weights("member", torch.ones(len(outputs.members), dtype=outputs.logits.dtype))
    mean = linear_pool(outputs.probabilities, equal, outputs.present).argmax(dim=1)
    right = (outputs.probabilities.argmax(dim=2) == labels) & outputs.present
    answers["mean"] = mean
    answers["oracle (any member right)"] = torch.where(right.any(dim=0), labels, mean)
    return {
        name: {split: _scores(answer, labels, rows, outputs) for split, rows in splits.items()}
        for name, answer in answers.items()
    }


def _answers_of(member: int, outputs: Outputs) -> Tensor:
    """Return a member's classes, `(samples,)`; where it lacks a sample, the others' mean says."""
    said, present = outputs.probabilities, outputs.present
    if bool(present[member].all()):  # the others would only be multiplied by 0
        said, present, member = said[member : member + 1], present[member : member + 1], 0
    alone = torch.zeros(len(said), dtype=said.dtype, device=said.device)
    alone[member] = 1
    return linear_pool(said, Weights("member", alone), present).argmax(dim=1)


def _scores(answer: Tensor, labels: Tensor, rows: Tensor, outputs: Outputs) -> dict[str, Any]:
    # Counted on the CPU: it has float64, and counts deterministically.
    return score_answers(answer[rows].cpu(), labels[rows].cpu(), len(outputs.classes))
