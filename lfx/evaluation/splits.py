"""The content of metrics.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.artifacts.predictions import softmax
from lfx.data.split_names import REPORTED
from lfx.evaluation.metrics import evaluate
from lfx.evaluation.reported import INTERVALS, UNSEEN
from lfx.evaluation.scores import SCORES
from lfx.evaluation.shared_samples import SharedSamples, group_codes
from lfx.evaluation.uncertainty import score_intervals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lfx.artifacts.predictions import Predictions


def evaluate_splits(
    predictions: Predictions,
    splits: Sequence[str] = REPORTED,
    among: NDArray[np.bool_] | None = None,
    *,
    intervals: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Compute the scores of each split's labelled rows.

    They are computed from the artifact's rows, so a reader of the file gets the same numbers.

    Args:
        predictions: one row per sample in each split.
        splits: names of the splits.
        among: mask of the rows that count, `(rows,)`; None: all.
        intervals: keys of the scores that have intervals; None: all, which takes some tenths of a
            second.

    Returns:
        `{split: metrics}` for the splits with labelled rows, with metrics as in `evaluate`, and
        with `groups`, the number of groups of near duplicates; `intervals`: score → 95 % interval;
        and if the model was fitted on near duplicates of some rows, `unseen`: the same of the other
        rows, without `per_class`.
    """
    metrics = {}
    for split in splits:
        rows = predictions.rows(split) & (predictions.label >= 0)
        rows = rows if among is None else rows & among
        if rows.any():
            metrics[split] = _evaluate(predictions, rows, intervals=intervals)
            unseen = rows & (predictions.seen != 1)
            if unseen.any() and not (unseen == rows).all():
                of_unseen = _evaluate(predictions, unseen, intervals=intervals)
                del of_unseen["per_class"]
                metrics[split][UNSEEN] = of_unseen
    return metrics


def _evaluate(
    predictions: Predictions, rows: NDArray[np.bool_], *, intervals: Sequence[str] | None
) -> dict[str, Any]:
    classes = predictions.metadata.classes
    probabilities, labels = softmax(predictions.logits[rows]), predictions.label[rows]
    metrics = evaluate(
        torch.from_numpy(probabilities), torch.from_numpy(labels.astype(np.int64)), classes
    )
    groups = group_codes(predictions.texts("group"), rows)
    samples = SharedSamples.of(["model"], classes, probabilities[None], labels, groups)
    metrics["groups"] = samples.group_count
    wanted = SCORES if intervals is None else intervals
    (found,) = score_intervals(samples, [key for key in wanted if key in metrics])
    metrics[INTERVALS] = {key: list(interval) for key, interval in found.items()}
    return metrics
