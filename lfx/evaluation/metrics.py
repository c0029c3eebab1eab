"""The numbers that every stage reports, always under the same names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor

from lfx.evaluation.calibration_error import expected_calibration_error
from lfx.evaluation.confusion import confusion

if TYPE_CHECKING:
    from collections.abc import Sequence

Metric = Literal["accuracy", "f1_weighted", "f1_macro"]
SCORES: tuple[str, ...] = get_args(Metric)
ECE_BINS = 15
_LEAST_CLASSES = 2
# The smallest normal float32, below which fused artifacts do not tell probabilities from 0.
_LEAST_PROBABILITY = torch.finfo(torch.float32).tiny
_ROUNDING = 1e-4


def evaluate(probabilities: Tensor, labels: Tensor, classes: Sequence[str]) -> dict[str, Any]:
    """Compare predicted probabilities with labels.

    A class that occurs neither among labels nor among predictions counts as 0 in what is averaged
    over classes, as with scikit-learn's `labels=all, zero_division=0`; `balanced_accuracy` averages
    over the classes that occur among the labels.

    Args:
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1; never logits.
        labels: class indices, `(samples,)`; leave out unlabelled samples beforehand.
        classes: names of the classes, in the order of the columns.

    Returns:
        `accuracy`, `balanced_accuracy`, `f1_macro`, `f1_weighted` (all in 0..1), `nll` (mean
        negative log-likelihood in nats, probabilities clipped at the smallest normal float32),
        `ece` (top-label expected calibration error in 15 bins of equal width, 0..1), `support`
        (number of samples), and `per_class`: class → `precision`, `recall`, `f1`, `support`. Plain
        Python numbers.

    Raises:
        ValueError: no samples, logits in place of probabilities, shapes that do not fit, or labels
            out of range.
    """
    probabilities, labels = _checked(probabilities, labels)
    if len(classes) != probabilities.shape[1] or len(set(classes)) != len(classes):
        raise ValueError(
            f"classes must be {probabilities.shape[1]} different names, one per column; "
            f"got {list(classes)}"
        )
    rates = _rates(confusion(probabilities.argmax(dim=1), labels, len(classes)))
    return {
        "accuracy": _accuracy(rates),
        "balanced_accuracy": rates["recall"][rates["support"] > 0].mean().item(),
        "f1_macro": _f1_macro(rates),
        "f1_weighted": _f1_weighted(rates),
        "nll": log_loss(probabilities, labels),
        "ece": expected_calibration_error(probabilities, labels, ECE_BINS),
        "support": len(labels),
        "per_class": _by_class(rates, classes),
    }


def score_classes(counts: Tensor, classes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Compute `per_class` of `evaluate` from how often each class was predicted for each label.

    Args:
        counts: `(classes, classes)`, as `confusion` gives them.
        classes: their names.
    """
    return _by_class(_rates(counts), classes)


def score_answers(answers: Tensor, labels: Tensor, classes: int) -> dict[str, float]:
    """Compute those numbers of `evaluate` that need no probabilities.

    Args:
        answers: class indices, `(samples,)`, one or more.
        labels: class indices, `(samples,)`.
        classes: how many there are.

    Returns:
        `accuracy`, `f1_weighted` and `f1_macro`, in 0..1, and `support`, the number of samples.
    """
    rates = _rates(confusion(answers, labels, classes))
    scores: dict[str, float] = {name: compute(rates) for name, compute in _COMPUTED.items()}
    return scores | {"support": len(labels)}


def score(metric: str, probabilities: Tensor, labels: Tensor) -> float:
    """Compute one of the numbers of `evaluate`, in 0..1.

    Args:
        metric: `accuracy`, `f1_weighted` or `f1_macro`.
        probabilities: `(samples, classes)`, in 0..1, rows summing to 1; never logits.
        labels: class indices, `(samples,)`.

    Raises:
        ValueError: unknown metric, or as `evaluate`.
    """
    if metric not in _COMPUTED:
        raise ValueError(f"metric: allowed are {', '.join(SCORES)}; got {metric!r}")
    probabilities, labels = _checked(probabilities, labels)
    counts = confusion(probabilities.argmax(dim=1), labels, probabilities.shape[1])
    return _COMPUTED[metric](_rates(counts))


def log_loss(probabilities: Tensor, labels: Tensor) -> float:
    """Compute the mean negative log-likelihood, in nats.

    Args:
        probabilities: `(samples, classes)`, clipped at the smallest normal float32.
        labels: class indices, `(samples,)`.
    """
    chosen = probabilities.gather(1, labels[:, None]).to("cpu", torch.float64)
    return float(-chosen.clamp(min=_LEAST_PROBABILITY).log().mean().item())


def _checked(probabilities: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Check, and move to the CPU, where float64 is always there and counting is deterministic."""
    shape = tuple(probabilities.shape)
    if len(shape) != 2 or shape[1] < _LEAST_CLASSES or tuple(labels.shape) != shape[:1]:  # noqa: PLR2004
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
    # NaN compares false, hence `not (... all true)`.
    if not bool((probabilities >= 0).all() & ((sums - 1).abs() <= _ROUNDING).all()):
        raise ValueError(
            "probabilities must be in 0..1 and each row must sum to 1; got values in "
            f"{probabilities.min().item():.4g}..{probabilities.max().item():.4g} and row sums in "
            f"{sums.min().item():.4g}..{sums.max().item():.4g} (apply softmax to logits first)"
        )
    return probabilities, labels


def _rates(counts: Tensor) -> dict[str, Tensor]:
    """Divide counts, which are integers, in float64."""
    counts = counts.double()
    hits, predicted, support = counts.diagonal(), counts.sum(dim=0), counts.sum(dim=1)
    return {
        "hits": hits,
        "precision": _divide(hits, predicted),
        "recall": _divide(hits, support),
        "f1": _divide(2 * hits, predicted + support),
        "support": support,
    }


def _divide(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole > 0, part / whole.clamp(min=1), torch.zeros_like(part))


def _by_class(rates: dict[str, Tensor], classes: Sequence[str]) -> dict[str, dict[str, float]]:
    keys = ("precision", "recall", "f1", "support")
    columns = zip(*(rates[key].tolist() for key in keys), strict=True)
    scores = (dict(zip(keys, column, strict=True)) for column in columns)
    return {
        name: own | {"support": int(own["support"])}
        for name, own in zip(classes, scores, strict=True)
    }


def _accuracy(rates: dict[str, Tensor]) -> float:
    return float(rates["hits"].sum().item() / rates["support"].sum().item())


def _f1_macro(rates: dict[str, Tensor]) -> float:
    return float(rates["f1"].mean().item())


def _f1_weighted(rates: dict[str, Tensor]) -> float:
    support = rates["support"]
    return float((rates["f1"] * support).sum().item() / support.sum().item())


_COMPUTED = {"accuracy": _accuracy, "f1_weighted": _f1_weighted, "f1_macro": _f1_macro}
