"""Compute the scores of many weightings at once, from counts; see `lfx.evaluation.metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lfx.evaluation.count_scores import Counts
from lfx.evaluation.scores import SCORES, printed, searchable

if TYPE_CHECKING:
    from collections.abc import Sequence

_AXES, _LEAST_CLASSES = 3, 2


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of weightings.

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
    """Return the keys of the scores that a search computes: those of tables, and `metric`.

    Raises:
        ValueError: a score cannot be computed from counts.
    """
    keys = dict.fromkeys([*printed(), *([] if metric is None else [metric])])
    invalid = [key for key in keys if key not in searchable()]
    if invalid:
        raise ValueError(f"metric: allowed are {', '.join(searchable())}; got {invalid[0]!r}")
    return tuple(keys)


def scores_of_counts(
    metrics: Sequence[str], hits: Tensor, predicted: Tensor, support: Tensor
) -> Tensor:
    """Compute scores from counts, which are whole numbers as floats.

    Args:
        metrics: keys of scores of counts.
        hits: number of correct predictions of a class, `(classes, weightings)`.
        predicted: number of predictions of a class, `(classes, weightings)`.
        support: number of samples of a class, `(classes,)`.

    Returns:
        `(scores, weightings)`.
    """
    counts = Counts(hits, predicted, support[:, None])
    scores = []
    for key in metrics:
        compute = SCORES[key].of_counts
        if compute is None:
            raise ValueError(f"{key} needs probabilities")
        scores.append(compute(counts))
    return torch.stack(scores)


def check_labelled(probabilities: Tensor, labels: Tensor) -> None:
    """Check that weightings can be scored on labelled samples.

    Args:
        probabilities: `(members, samples, classes)`, 2 classes or more.
        labels: class indices, `(samples,)`.

    Raises:
        ValueError: shapes do not match, no samples, probabilities out of 0..1, or labels that are
            not class indices.
    """
    shape = tuple(probabilities.shape)
    if len(shape) != _AXES or shape[0] == 0 or shape[2] < _LEAST_CLASSES:
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
    # NaN fails every comparison.
    if not (least >= 0 and most <= 1 + 1e-6):
        raise ValueError(f"probabilities must be in 0..1; got values in {least:.4g}..{most:.4g}")
