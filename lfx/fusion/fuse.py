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
from lfx.fusion.baselines import baselines
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
    """Which samples teach, and which are reported.

    Attributes:
        fit_split: where weights and calibrations take their labels from: `val`, `test` or `oof`.
        report_split: the split whose numbers count.
        allow_leaky_fit: let the two be the same, and mark the result.
        fit_folds: the rows of the fit split are fused by fits on the other folds, so that their
            numbers are out-of-sample too; 1: by the one fit on all of them, in-sample.
        best_by: what makes a member the best one: a number of `evaluate`, such as `f1_weighted`.
        seed: of folds and of whatever is random in a fit.
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
        joined: the members, sample by sample.
        pipeline: what is fitted.
        plan: on what, and what is reported.
        name: what the fused artifact calls itself.
        device: what computes, in float64, or float32 on MPS, which has no float64.
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
        plan.fit_split, [plan.report_split], plan.allow_leaky_fit
    )
    leaky = leaky or joined.leaky
    outputs = outputs_of(joined, device)
    rows = _fit_rows(joined, plan, needed=pipeline.needs_fit)
    fit = fit_data(joined, outputs, rows & pipeline.needs_fit, plan.seed)
    if pipeline.needs_fit:
        _warn_of_lacking_classes(fit, plan.fit_split)
    fitted = pipeline.fit(fit)
    scores = fitted.combine(outputs)
    folds = 1
    if pipeline.needs_fit and plan.fit_folds > 1:
        folds = _cross_fit(joined, pipeline, plan, fit, outputs, scores)
    predictions = fused_predictions(
        joined, scores, name, plan.seed, config_hash, versions, leaky=leaky
    )
    # When members are fitted on `oof` rows, those rows are reported in place of `val`.
    scored = dict.fromkeys(("val", "test", plan.report_split, plan.fit_split))
    metrics = evaluate_splits(predictions, tuple(scored))
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
    """Put into the scores, for rows of the fit split, those of fits that have not seen them.

    Rows without a label, or that a member lacks, teach nothing; but others of their group may.

    Returns:
        The number of folds; 1 where there are too few groups.
    """
    parts = pipeline.cross_fit(fit, plan.fit_folds)
    fold_of = {group: place for place, (_, held) in enumerate(parts) for group in held}
    fold = np.array([fold_of.get(group, -1) for group in joined.group])
    for place, (unaware, _) in enumerate(parts):
        held = joined.rows(plan.fit_split) & (fold == place)
        chosen = torch.as_tensor(held, device=scores.device)
        scores[chosen] = unaware.combine(outputs.select(chosen))
    return max(1, len(parts))


def _baselines(
    outputs: Outputs,
    rows: np.ndarray[Any, np.dtype[np.bool_]],
    labels: Tensor,
    masks: dict[str, Tensor],
    best_by: str,
) -> dict[str, dict[str, dict[str, float]]]:
    chosen = torch.as_tensor(rows, device=labels.device)
    said = (own[chosen] for own in outputs.probabilities)
    return baselines(said, labels[chosen], outputs, labels, masks, best_by)


def _curves(
    fitted: Fitted, outputs: Outputs, labels: Tensor, masks: dict[str, Tensor]
) -> dict[str, Curve]:
    """Compute what a search of two members' weights has seen, on each split that has labels."""
    if not isinstance(fitted.rule, Searched) or not isinstance(fitted.rule.found, Curve):
        return {}
    complete = {split: rows & outputs.complete for split, rows in masks.items()}
    said = fitted.calibrated(outputs).probabilities
    return {
        split: exact_curve(said[:, rows], labels[rows], fitted.rule.metric)
        for split, rows in complete.items()
        if bool(rows.any())
    }


def _fit_rows(joined: JoinedMembers, plan: FitPlan, *, needed: bool) -> Mask:
    """Find what may be fitted on, `complete_rows`.

    Where no fit is needed, the rows still say which class is frequent and which member is good,
    and may be none; they are none where those would be chosen by the labels of the split that is
    reported.
    """
    nothing = np.zeros(len(joined.label), dtype=np.bool_)
    if not needed and plan.fit_split == plan.report_split:
        return nothing
    try:
        return complete_rows(joined, plan.fit_split)
    except FusionError:
        if needed:
            raise
        return nothing


def _warn_of_lacking_classes(fit: FitData, split: str) -> None:
    counts = torch.bincount(fit.labels.cpu(), minlength=len(fit.classes)).tolist()
    lacking = [name for name, count in zip(fit.classes, counts, strict=True) if not count]
    if len(fit.classes) - len(lacking) == 1:
        only = next(name for name in fit.classes if name not in lacking)
        log.warning(
            "fit_split=%s holds nothing but %s: what is fitted there says %s of everything",
            split,
            only,
            only,
        )
    elif lacking:
        told = "fit_split=%s has no sample of class %s, of which what is fitted there knows nothing"
        log.warning(told, split, name_some(lacking))
