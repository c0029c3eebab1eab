"""Fuse members' predictions into one prediction artifact."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lfx.data.split_names import SPLITS
from lfx.evaluation.splits import evaluate_splits
from lfx.fusion.baselines import score_baselines
from lfx.fusion.fit_data import Mask, complete_rows, fit_data, outputs_of
from lfx.fusion.guard import refuse_leak
from lfx.fusion.result import FusionResult, fused_predictions, weights_document
from lfx.fusion.schemes.grid import Searched
from lfx.fusion.search.curve import Curve, exact_curve
from lfx.runtime.errors import FusionError, name_some

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.outputs import FitData, Outputs
    from lfx.fusion.pipeline import Fitted, Pipeline

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FitPlan:
    """The samples that a fusion is fitted on and those that it is reported on.

    Attributes:
        fit_split: the split whose labels weights and calibrations are fitted on: `val`, `test` or
            `oof`.
        report_split: the split that is reported.
        allow_leaky_fit: allow both splits to be the same, and mark the result as leaky.
        fit_folds: number of folds of the fit split, each fused by a fit on the other folds, so that
            its scores are out-of-sample too; 1: all rows by one fit, in-sample.
        best_by: key of the score that selects the best member, such as `f1_weighted`.
        seed: seed of the folds and of everything random in a fit.
    """

    fit_split: str = "val"
    report_split: str = "test"
    allow_leaky_fit: bool = False
    fit_folds: int = 5
    best_by: str = "f1_weighted"
    seed: int = 0


def fuse(
    joined: JoinedMembers,
    pipeline: Pipeline,
    plan: FitPlan,
    *,
    name: str,
    device: torch.device,
    config_hash: str = "",
    versions: dict[str, str],
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

    Raises:
        FusionError: the fit would leak, has no labels, or the scheme cannot weigh these members.
    """
    if plan.report_split not in SPLITS:
        raise FusionError(
            f"report_split: allowed are {', '.join(SPLITS)}; got {plan.report_split!r}"
        )
    leaky = pipeline.needs_fit and refuse_leak(
        plan.fit_split, [plan.report_split], allow_leaky_fit=plan.allow_leaky_fit
    )
    leaky = leaky or joined.leaky
    outputs = outputs_of(joined, device)
    rows = _fit_rows(joined, plan, needed=pipeline.needs_fit)
    fit = fit_data(joined, outputs, rows & pipeline.needs_fit, plan.seed)
    if pipeline.needs_fit:
        _warn_about_missing_classes(fit, plan.fit_split)
    fitted = pipeline.fit(fit)
    scores = fitted.combine(outputs)
    folds = 1
    if pipeline.needs_fit and plan.fit_folds > 1:
        folds = _cross_fit(joined, pipeline, plan, fit, outputs, scores)
    predictions = fused_predictions(
        joined, scores, name, plan.seed, config_hash, versions, leaky=leaky
    )
    # When members are fitted on `oof` rows, those rows are reported in place of `val`.
    splits = dict.fromkeys(("val", "test", plan.report_split, plan.fit_split))
    metrics = evaluate_splits(predictions, tuple(splits))
    labels = torch.as_tensor(joined.label.astype(np.int64), device=device)
    masks = {
        split: torch.as_tensor(joined.rows(split), device=device) & (labels >= 0)
        for split in metrics
    }
    return FusionResult(
        predictions=predictions,
        fitted=fitted,
        metrics=metrics | ({"leaky": True} if leaky else {}),
        baselines=_baselines(outputs, rows, labels, masks, plan.best_by) if masks else {},
        weights_document=weights_document(
            joined, pipeline, plan.fit_split if pipeline.needs_fit else None, fitted, outputs
        )
        | ({"fit_folds": folds} if folds > 1 else {})
        | ({"leaky": True} if leaky else {}),
        curves=_curves(fitted, outputs, labels, masks),
    )


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
    fits = pipeline.cross_fit(fit, plan.fit_folds)
    fold_of = {group: k for k, (_, groups) in enumerate(fits) for group in groups}
    fold = np.array([fold_of.get(group, -1) for group in joined.group])
    for k, (fitted, _) in enumerate(fits):
        held_out = joined.rows(plan.fit_split) & (fold == k)
        rows = torch.as_tensor(held_out, device=scores.device)
        scores[rows] = fitted.combine(outputs.select(rows))
    return max(1, len(fits))


def _baselines(
    outputs: Outputs,
    rows: np.ndarray[Any, np.dtype[np.bool_]],
    labels: Tensor,
    masks: dict[str, Tensor],
    best_by: str,
) -> dict[str, dict[str, dict[str, float]]]:
    fit_rows = torch.as_tensor(rows, device=labels.device)
    fit_probabilities = (member[fit_rows] for member in outputs.probabilities)
    return score_baselines(fit_probabilities, labels[fit_rows], outputs, labels, masks, best_by)


def _curves(
    fitted: Fitted, outputs: Outputs, labels: Tensor, masks: dict[str, Tensor]
) -> dict[str, Curve]:
    """Compute the exact curve of two searched members on each split with labels."""
    if not isinstance(fitted.rule, Searched) or not isinstance(fitted.rule.result, Curve):
        return {}
    complete = {split: rows & outputs.complete for split, rows in masks.items()}
    probabilities = fitted.calibrated(outputs).probabilities
    return {
        split: exact_curve(probabilities[:, rows], labels[rows], fitted.rule.metric)
        for split, rows in complete.items()
        if bool(rows.any())
    }


def _fit_rows(joined: JoinedMembers, plan: FitPlan, *, needed: bool) -> Mask:
    """Return the mask of the rows to fit on, from `complete_rows`.

    If no fit is needed, the baselines still use these rows to find the majority class and the best
    member. The mask may then be empty, and is empty if the fit split is the reported split.
    """
    no_rows = np.zeros(len(joined.label), dtype=np.bool_)
    if not needed and plan.fit_split == plan.report_split:
        return no_rows
    try:
        return complete_rows(joined, plan.fit_split)
    except FusionError:
        if needed:
            raise
        return no_rows


def _warn_about_missing_classes(fit: FitData, split: str) -> None:
    counts = torch.bincount(fit.labels.cpu(), minlength=len(fit.classes)).tolist()
    missing = [name for name, count in zip(fit.classes, counts, strict=True) if not count]
    if len(fit.classes) - len(missing) == 1:
        only = next(name for name in fit.classes if name not in missing)
        log.warning(
            "fit_split=%s has samples of class %s only: a fusion that is fitted there predicts %s "
            "for every sample",
            split,
            only,
            only,
        )
    elif missing:
        message = "fit_split=%s has no samples of class %s: nothing is fitted for it"
        log.warning(message, split, name_some(missing))
