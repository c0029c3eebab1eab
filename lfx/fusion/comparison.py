"""A fusion beside its members: the baselines' scores, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.artifacts.seen import seen_by_any
from lfx.evaluation.answers import evaluate_answers
from lfx.evaluation.shared_samples import group_codes
from lfx.fusion.baselines import answers_of, baseline_answers, best_member
from lfx.fusion.verdict import Verdict, compare_fusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.artifacts.joined import JoinedMembers
    from lfx.artifacts.predictions import Predictions
    from lfx.fusion.fit_data import Mask
    from lfx.fusion.fit_plan import FitPlan
    from lfx.fusion.outputs import Outputs
    from lfx.fusion.scored import Scored


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a fusion is compared with.

    Attributes:
        baselines: name → split → score → number, on the samples that all members have.
        verdict: None if no labelled sample of the reported split is in all members.
    """

    baselines: dict[str, dict[str, dict[str, Any]]]
    verdict: Verdict | None


def compare_with_members(
    joined: JoinedMembers,
    outputs: Outputs,
    predictions: Predictions,
    scored: Scored,
    fit_rows: Mask,
    plan: FitPlan,
    *,
    intervals: Sequence[str] | None,
) -> Comparison:
    """Score the baselines, and compare the fusion with the best member.

    Args:
        joined: the joined members.
        outputs: the members' outputs of all samples.
        predictions: the fused predictions of their samples.
        scored: the fusion's scores, and the samples that are compared.
        fit_rows: mask of the samples that the best member is chosen on, `(samples,)`; without any,
            the verdict is against the member that is best on the reported split.
        plan: has the split of these samples, the split that is reported, and the score that selects
            the best member.
        intervals: keys of the scores that have intervals; None: all.
    """
    if not scored.complete:
        return Comparison({}, None)
    labels = scored.labels
    rows = torch.as_tensor(fit_rows, device=labels.device)
    best = _best(outputs, labels, rows, plan.best_by) if bool(rows.any()) else None
    answers = {
        name: answer.cpu().numpy()
        for name, answer in baseline_answers(outputs, labels, labels[rows], best).items()
    }
    seen = seen_by_any(joined.seen) == 1
    truth = labels.cpu().numpy()
    baselines: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in answers}
    for split, mask in scored.complete.items():
        kept = mask.cpu().numpy()
        of_split = evaluate_answers(
            {name: answer[kept] for name, answer in answers.items()},
            truth[kept],
            group_codes(joined.texts["group"], kept),
            seen[kept],
            outputs.classes,
            intervals=intervals,
        )
        for name, metrics in of_split.items():
            baselines[name][split] = metrics
    verdict = None
    report_split = plan.report_split
    if report_split is not None and report_split in scored.complete:
        mask = scored.complete[report_split]
        chosen_on = report_split if best is None else plan.fit_split
        against = _best(outputs, labels, mask, plan.best_by) if best is None else best
        kept = mask.cpu().numpy()
        before = answers_of(against, outputs).cpu().numpy()[kept] == truth[kept]
        after = predictions.logits[kept].argmax(axis=1) == truth[kept]
        fused_seen = np.asarray(predictions.seen == 1)[kept]
        of_all, of_unseen = compare_fusion(
            before, after, group_codes(joined.texts["group"], kept), fused_seen
        )
        name = outputs.members[against]
        verdict = Verdict(report_split, name, chosen_on, of_all, of_unseen)
    return Comparison(baselines, verdict)


def _best(outputs: Outputs, labels: torch.Tensor, rows: torch.Tensor, metric: str) -> int:
    of_rows = (member[rows] for member in outputs.probabilities)
    return best_member(of_rows, labels[rows], outputs, metric)
