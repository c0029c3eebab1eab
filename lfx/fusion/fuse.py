"""Fuse members' predictions into one prediction artifact."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from lfx.artifacts.seen import Seen, seen_by, seen_by_any
from lfx.data.split_names import SPLITS
from lfx.evaluation.reported import TEST, reported_split
from lfx.fusion.comparison import compare_with_members
from lfx.fusion.fit_data import Mask, complete_rows, fit_data, outputs_of, warn_about_fit_rows
from lfx.fusion.guard import refuse_leak
from lfx.fusion.result import FusionResult, fused_predictions, weights_document
from lfx.fusion.schemes.grid import Searched
from lfx.fusion.scored import Scored, score_fusion
from lfx.fusion.search.curve import Curve, exact_curve
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.fit_plan import FitPlan
    from lfx.fusion.outputs import FitData, Outputs
    from lfx.fusion.pipeline import Fitted, Pipeline

log = logging.getLogger(__name__)


def fuse(
    joined: JoinedMembers,
    pipeline: Pipeline,
    plan: FitPlan,
    *,
    name: str,
    device: torch.device,
    config_hash: str = "",
    versions: dict[str, str],
    intervals: Sequence[str] | None = None,
) -> FusionResult:
    """Fit calibrations and weights on one split and fuse the members on all splits.

    Args:
        joined: the joined members.
        pipeline: the calibration and the scheme.
        plan: the samples to fit on and to report on.
        name: name of the fused artifact.
        device: device of the computation, in float64, or float32 on MPS, which has no float64.
        config_hash: for the artifact's metadata.
        versions: for the artifact's metadata.
        intervals: keys of the scores that have intervals; None: all, which takes some tenths of a
            second.

    Raises:
        FusionError: the fit would leak, has no labels, or the scheme cannot weigh these members.
    """
    report_split, is_chosen = _split_to_report(joined, plan)
    leaky = (
        pipeline.needs_fit
        and is_chosen
        and refuse_leak(plan.fit_split, [report_split], allow_leaky_fit=plan.allow_leaky_fit)
    )
    outputs = outputs_of(joined, device)
    allowed = pipeline.needs_fit or not is_chosen or plan.fit_split != report_split
    rows = _fit_rows(joined, plan.fit_split, needed=pipeline.needs_fit, allowed=allowed)
    fit = fit_data(joined, outputs, rows & pipeline.needs_fit, plan.seed)
    if pipeline.needs_fit:
        warn_about_fit_rows(fit, joined, plan.fit_split)
    fitted = pipeline.fit(fit)
    scores = fitted.combine(outputs)
    folds = 1
    if pipeline.needs_fit and plan.fit_folds > 1:
        folds = _cross_fit(joined, pipeline, plan, fit, outputs, scores)
    is_in_sample = pipeline.needs_fit and folds == 1 and plan.fit_split == report_split
    leaky = leaky or is_in_sample or joined.leaky
    predictions = fused_predictions(
        joined,
        scores,
        name,
        plan.seed,
        config_hash,
        versions,
        leaky=leaky,
        seen=_seen(joined, rows & pipeline.needs_fit, plan.fit_split if folds > 1 else None),
    )
    # When members are fitted on `oof` rows, those rows are reported in place of `val`.
    splits = tuple(dict.fromkeys(("val", TEST, report_split, plan.fit_split)))
    scored = score_fusion(joined, predictions, splits, device, intervals=intervals)
    comparison = compare_with_members(
        joined,
        outputs,
        predictions,
        scored,
        rows,
        replace(plan, report_split=report_split),
        intervals=intervals,
    )
    return FusionResult(
        predictions=predictions,
        fitted=fitted,
        metrics=scored.metrics | ({"leaky": True} if leaky else {}),
        baselines=comparison.baselines,
        verdict=comparison.verdict,
        weights_document=weights_document(
            joined, pipeline, plan.fit_split if pipeline.needs_fit else None, fitted, outputs
        )
        | ({"fit_folds": folds} if folds > 1 else {})
        | ({"leaky": True} if leaky else {}),
        curves=_curves(fitted, outputs, scored),
    )


def _split_to_report(joined: JoinedMembers, plan: FitPlan) -> tuple[str, bool]:
    """Return the split that is reported, and whether another one could be fitted on.

    Without labelled test samples the fit split may be all there is to report. Cross-fitting then
    keeps a row's label from its own prediction, and a fit without it is marked as leaky.
    """
    if plan.report_split is not None:
        if plan.report_split not in SPLITS:
            raise FusionError(
                f"report_split: allowed are {', '.join(SPLITS)}; got {plan.report_split!r}"
            )
        return plan.report_split, True
    split = reported_split(joined.labelled_splits()) or TEST
    return split, split == TEST


def _seen(joined: JoinedMembers, fitted: Mask, cross_fitted: str | None) -> Seen:
    """Return whether members, or the fusion's fits, have seen another sample of a row's group.

    Args:
        joined: the joined members.
        fitted: mask of the samples that the fusion was fitted on, `(samples,)`.
        cross_fitted: the split whose rows were fused by fits that have not seen their group.

    Returns:
        `(samples,)`: 1 yes, 0 no, -1 unknown.
    """
    of_members = seen_by_any(joined.seen)
    if not fitted.any():
        return of_members
    of_fits = seen_by(joined.texts["group"], fitted)
    if cross_fitted is not None:
        of_fits &= ~joined.rows(cross_fitted)
    return np.where(of_fits, np.int8(1), of_members)


def _cross_fit(
    joined: JoinedMembers,
    pipeline: Pipeline,
    plan: FitPlan,
    fit: FitData,
    outputs: Outputs,
    scores: Tensor,
) -> int:
    """Replace the scores of the fit split's rows by those of fits that have not seen their group.

    This includes rows that are not fitted on, without a label or missing in a member, because other
    rows of their group may be.

    Returns:
        The number of folds; 1 if there are too few groups.
    """
    of_split = joined.rows(plan.fit_split)
    rows = torch.as_tensor(of_split, device=scores.device)
    replaced, groups = scores[rows], joined.group[of_split]
    count = pipeline.combine_held_out(fit, outputs.select(rows), groups, replaced, plan.fit_folds)
    scores[rows] = replaced
    return max(1, count)


def _curves(fitted: Fitted, outputs: Outputs, scored: Scored) -> dict[str, Curve]:
    """Compute the exact curve of two searched members on each split with labels."""
    if not isinstance(fitted.rule, Searched) or not isinstance(fitted.rule.result, Curve):
        return {}
    probabilities = fitted.calibrated(outputs).probabilities
    return {
        split: exact_curve(probabilities[:, rows], scored.labels[rows], fitted.rule.metric)
        for split, rows in scored.complete.items()
    }


def _fit_rows(joined: JoinedMembers, fit_split: str, *, needed: bool, allowed: bool) -> Mask:
    """Return the mask of the rows to fit on, from `complete_rows`.

    If no fit is needed, the baselines still use these rows to find the majority class and the best
    member. The mask may then be empty, and is empty if that is not allowed, because the fit split
    is the reported one.
    """
    no_rows = np.zeros(len(joined.label), dtype=np.bool_)
    if not allowed:
        return no_rows
    try:
        return complete_rows(joined, fit_split)
    except FusionError:
        if needed:
            raise
        return no_rows
