"""Scores of many weightings at once, from counts; defined as in `lfx.evaluation.metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lfx.evaluation.scores import SCORES, Counts, printed, searchable

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_CLASSES = 2


@dataclass(frozen=True, eq=False)
class Scores:
    """What weightings score.

    Attributes:
        metrics: keys of the scores.
        values: `(scores, weightings)`.
    """

    metrics: tuple[str, ...]
    values: Tensor

    def of(self, metric: str) -> Tensor:
        """Return one score, `(weightings,)`.

        Raises:
            ValueError: unknown metric.
        """
        if metric not in self.metrics:
            raise ValueError(f"metric: allowed are {', '.join(self.metrics)}; got {metric!r}")
        return self.values[self.metrics.index(metric)]


def with_metric(metric: str | None = None) -> tuple[str, ...]:
    """Return the scores that a search computes: those of tables, and the one that it optimises.

    Raises:
        ValueError: it cannot be computed from counts.
    """
    wanted = dict.fromkeys([*printed(), *([] if metric is None else [metric])])
    lacking = [key for key in wanted if key not in searchable()]
    if lacking:
        raise ValueError(f"metric: allowed are {', '.join(searchable())}; got {lacking[0]!r}")
    return tuple(wanted)


def scores_of_counts(
    metrics: Sequence[str], hits: Tensor, predicted: Tensor, support: Tensor
) -> Tensor:
    """Compute scores from whole numbers held as floats.

    Args:
        metrics: keys of scores of counts.
        hits: how often a class was predicted rightly, `(classes, weightings)`.
        predicted: how often it was predicted, `(classes, weightings)`.
        support: how often it is the label, `(classes,)`.

    Returns:
        `(scores, weightings)`.
    """
    counts = Counts(hits, predicted, support[:, None])
    found = []
    for key in metrics:
        compute = SCORES[key].of_counts
        if compute is None:
            raise ValueError(f"{key} needs probabilities")
        found.append(compute(counts))
    return torch.stack(found)


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
