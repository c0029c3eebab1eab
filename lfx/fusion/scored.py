"""The scores of a fusion, on all samples and on those that all members have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lfx.evaluation.reported import COMPLETE
from lfx.evaluation.splits import evaluate_splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.artifacts.joined import JoinedMembers
    from lfx.artifacts.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of a fusion, and the samples that members and baselines are compared with it on.

    Attributes:
        metrics: split → scores; if a member lacks some of the scored samples, also `complete` →
            split → scores on the samples that all members have.
        labels: class indices of all samples, `(samples,)`, -1 if unlabelled.
        complete: split → mask of the labelled samples that all members have, `(samples,)`; without
            splits that have none.
    """

    metrics: dict[str, Any]
    labels: Tensor
    complete: dict[str, Tensor]


def score_fusion(
    joined: JoinedMembers,
    predictions: Predictions,
    splits: Sequence[str],
    device: torch.device,
    *,
    intervals: Sequence[str] | None = None,
) -> Scored:
    """Score fused predictions.

    Args:
        joined: the joined members.
        predictions: the fused predictions of their samples.
        splits: names of the splits; those without labels are left out.
        device: device of the labels and masks.
        intervals: keys of the scores that have intervals; None: all.
    """
    metrics = evaluate_splits(predictions, splits, intervals=intervals)
    comparable = (joined.label >= 0) & joined.complete
    masks = {split: joined.rows(split) & comparable for split in metrics}
    if any(mask.sum() < metrics[split]["support"] for split, mask in masks.items()):
        metrics[COMPLETE] = evaluate_splits(
            predictions, splits, joined.complete, intervals=intervals
        )
    return Scored(
        metrics,
        torch.as_tensor(joined.label.astype(np.int64), device=device),
        {
            split: torch.as_tensor(mask, device=device)
            for split, mask in masks.items()
            if mask.any()
        },
    )
