"""Scores of many weightings at once, from counts; defined as in `lfx.evaluation.metrics`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lfx.evaluation.metrics import SCORES

_LEAST_CLASSES = 2


@dataclass(frozen=True, eq=False)
class Scores:
    """What weightings score; micro-averaged F1 is accuracy.

    Attributes:
        accuracy: `(weightings,)`, in 0..1.
        f1_macro: `(weightings,)`, in 0..1.
        f1_weighted: `(weightings,)`, in 0..1.
    """

    accuracy: Tensor
    f1_macro: Tensor
    f1_weighted: Tensor

    def of(self, metric: str) -> Tensor:
        """Give one score, `(weightings,)`.

        Raises:
            ValueError: unknown metric.
        """
        if metric not in SCORES:
            raise ValueError(f"metric: allowed are {', '.join(SCORES)}; got {metric!r}")
        scores: Tensor = getattr(self, metric)
        return scores


def scores_of_counts(hits: Tensor, predicted: Tensor, support: Tensor) -> Scores:
    """Compute scores from whole numbers held as floats.

    Args:
        hits: how often a class was predicted rightly, `(classes, weightings)`.
        predicted: how often it was predicted, `(classes, weightings)`.
        support: how often it is the label, `(classes,)`.
    """
    # A class that is neither label nor prediction has no hits either, and so scores 0.
    f1 = 2 * hits / (predicted + support[:, None]).clamp(min=1)
    samples = support.sum()
    return Scores(
        accuracy=hits.sum(dim=0) / samples,
        f1_macro=f1.mean(dim=0),
        f1_weighted=(f1 * support[:, None]).sum(dim=0) / samples,
    )


def check_labelled(probabilities: Tensor, labels: Tensor) -> None:
    """Refuse what no weighting could be scored on.

    Args:
        probabilities: `(members, samples, classes)`, 2 classes or more.
        labels: class indices, `(samples,)`.

    Raises:
        ValueError: shapes do not fit, no samples, probabilities out of 0..1, or labels that are no
            class indices.
    """
    shape = tuple(probabilities.shape)
    if len(shape) != 3 or shape[0] == 0 or shape[2] < _LEAST_CLASSES:  # noqa: PLR2004
        raise ValueError(
            "probabilities must have shape (members, samples, classes) with 1 member or more and 2 "
            f"classes or more; got {shape}"
        )
    if tuple(labels.shape) != shape[1:2]:
        raise ValueError(f"labels must have shape ({shape[1]},); got {tuple(labels.shape)}")
    if shape[1] == 0:
        raise ValueError("there are no labelled samples to score weightings on")
    if labels.is_floating_point() or labels.dtype == torch.bool:
        raise ValueError(f"labels must be integers; got {labels.dtype}")
    low, high = (int(value) for value in torch.aminmax(labels))
    if low < 0 or high >= shape[2]:
        raise ValueError(f"labels must be in 0..{shape[2] - 1}; got {low}..{high}")
    least, most = (float(value) for value in torch.aminmax(probabilities))
    # NaN compares false.
    if not (least >= 0 and most <= 1 + 1e-6):
        raise ValueError(f"probabilities must be in 0..1; got values in {least:.4g}..{most:.4g}")
