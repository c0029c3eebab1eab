"""The scores of predictions, under the same keys in every stage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lfx.evaluation.confusion import confusion
from lfx.evaluation.count_scores import Counts
from lfx.evaluation.scores import SCORES, searchable
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_CLASSES = 2
_ROUNDING = 1e-4


def evaluate(probabilities: Tensor, labels: Tensor, classes: Sequence[str]) -> dict[str, Any]:
    """Compute all scores of predicted probabilities.

    A class that is neither a label nor a prediction counts as 0 in averages over classes, as with
    scikit-learn's `labels=all, zero_division=0`; `balanced_accuracy` averages over the classes that
    occur among the labels.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1; not logits.
        labels: class indices, `(samples,)`; no unlabelled samples.
        classes: names of the classes, in the order of the columns.

    Returns:
        The scores of `SCORES` by key, without those that are not defined for these labels;
        `support` (number of samples), and `per_class`: class → `precision`, `recall`, `f1`,
        `support`. Plain Python numbers.

    Raises:
        ValueError: no samples, logits in place of probabilities, shapes that do not match, or
            labels out of range.
    """
    probabilities, labels = _checked(probabilities, labels)
    if len(classes) != probabilities.shape[1] or len(set(classes)) != len(classes):
        raise ValueError(
            f"classes must be {probabilities.shape[1]} different names, one per column; "
            f"got {list(classes)}"
        )
    counts = _counts(confusion(probabilities.argmax(dim=1), labels, len(classes)))
    scores = _scores_of_counts(counts)
    for key, entry in SCORES.items():
        of_probabilities = entry.of_sums or entry.of_probabilities
        if of_probabilities is not None:
            number = _number(key, of_probabilities(probabilities, labels))
            scores |= {} if number is None else {key: number}
    in_order = {key: scores[key] for key in SCORES if key in scores}
    return in_order | {"support": len(labels), "per_class": _by_class(counts, classes)}


def score_classes(counts: Tensor, classes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Compute `per_class` of `evaluate` from a confusion matrix.

    Args:
        counts: `(classes, classes)`, as returned by `confusion`.
        classes: names of the classes.
    """
    return _by_class(_counts(counts), classes)


def score_answers(answers: Tensor, labels: Tensor, classes: int) -> dict[str, float]:
    """Compute the scores of `evaluate` that need no probabilities.

    Args:
        answers: class indices, `(samples,)`, one or more.
        labels: class indices, `(samples,)`.
        classes: the number of classes.

    Returns:
        Score → number, and `support`, the number of samples.
    """
    scores = _scores_of_counts(_counts(confusion(answers, labels, classes)))
    return scores | {"support": len(labels)}


def score(metric: str, probabilities: Tensor, labels: Tensor) -> float:
    """Compute one of the scores of `evaluate` that need no probabilities.

    Args:
        metric: key of the score, one of `searchable`.
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1; not logits.
        labels: class indices, `(samples,)`.

    Raises:
        ValueError: unknown metric, or as in `evaluate`.
    """
    compute = SCORES[metric].of_counts if metric in SCORES else None
    if compute is None:
        raise ValueError(f"metric: allowed are {', '.join(searchable())}; got {metric!r}")
    probabilities, labels = _checked(probabilities, labels)
    counts = confusion(probabilities.argmax(dim=1), labels, probabilities.shape[1])
    return float(compute(_counts(counts)).item())


def _checked(probabilities: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Check both and move them to the CPU, which has float64 and counts deterministically."""
    shape = tuple(probabilities.shape)
    if labels.ndim != 1 or shape[:-1] != tuple(labels.shape) or shape[-1] < _LEAST_CLASSES:
        raise ValueError(
            "probabilities must have shape (samples, classes) with 2 classes or more, and labels "
            f"(samples,); got {shape} and {tuple(labels.shape)}"
        )
    if shape[0] == 0:
        raise ValueError("there are no labelled samples to evaluate")
    probabilities = probabilities.detach().cpu().to(torch.float64)
    labels = labels.detach().cpu()
    if labels.is_floating_point() or labels.dtype == torch.bool:
        raise ValueError(f"labels must be integers; got {labels.dtype}")
    labels = labels.long()
    if bool(((labels < 0) | (labels >= shape[1])).any()):
        raise ValueError(
            f"labels must be in 0..{shape[1] - 1}; got {labels.min().item()}..{labels.max().item()}"
        )
    sums = probabilities.sum(dim=1)
    # NaN fails every comparison, hence `not (... all true)`.
    if not bool((probabilities >= 0).all() & ((sums - 1).abs() <= _ROUNDING).all()):
        raise ValueError(
            "probabilities must be in 0..1 and each row must sum to 1; got values in "
            f"{probabilities.min().item():.4g}..{probabilities.max().item():.4g} and row sums in "
            f"{sums.min().item():.4g}..{sums.max().item():.4g} (apply softmax to logits first)"
        )
    return probabilities, labels


def _counts(matrix: Tensor) -> Counts:
    """Return the counts, in float64, of a confusion matrix of integers."""
    matrix = matrix.double()
    return Counts(matrix.diagonal(), matrix.sum(dim=0), matrix.sum(dim=1))


def _scores_of_counts(counts: Counts) -> dict[str, float]:
    numbers = {
        key: _number(key, entry.of_counts(counts))
        for key, entry in SCORES.items()
        if entry.of_counts is not None
    }
    return {key: number for key, number in numbers.items() if number is not None}


def _number(key: str, value: Any) -> float | None:
    """Return what a score's function returned as a number; None where it is not defined.

    Raises:
        ConfigError: it is no number; a score from outside of lfx may return anything.
    """
    is_single = hasattr(value, "item") and math.prod(value.shape) == 1
    number = value.item() if is_single else value
    if number is None:
        return None
    if not isinstance(number, int | float):
        shape = f" of shape {tuple(value.shape)}" if isinstance(value, Tensor) else ""
        raise ConfigError(
            f"the function of the score {key} must return one number; it returned a "
            f"{type(value).__name__}{shape}"
        )
    return float(number) if math.isfinite(number) else None


def _by_class(counts: Counts, classes: Sequence[str]) -> dict[str, dict[str, float]]:
    precision = counts.hits / counts.predicted.clamp(min=1)
    rates = (precision.tolist(), counts.recall.tolist(), counts.f1.tolist())
    support = counts.support.long().tolist()
    return {
        name: {"precision": p, "recall": r, "f1": f, "support": n}
        for name, p, r, f, n in zip(classes, *rates, support, strict=True)
    }
