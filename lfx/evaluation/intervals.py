"""Confidence intervals for accuracy and F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_AVERAGES = ("macro", "weighted")


class Interval(NamedTuple):
    """The bounds of a confidence interval, both in 0..1."""

    low: float
    high: float


def wilson(right: int, samples: int, level: float = 0.95) -> Interval:
    """Compute Wilson's score interval of an accuracy.

    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927. Unlike
    the normal approximation it stays in 0..1, and its level holds for few samples and for scores
    near 1.

    Args:
        right: the number of correct predictions.
        samples: the number of predictions, 1 or more.
        level: the confidence level, in 0..1.

    Raises:
        ValueError: there are no samples, or `right` is larger than `samples`.
    """
    from scipy.stats import binomtest

    interval = binomtest(right, samples).proportion_ci(level, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def bootstrap_f1(
    labels: npt.NDArray[np.integer],
    predicted: npt.NDArray[np.integer],
    classes: int,
    *,
    average: str = "weighted",
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Compute the percentile bootstrap interval of an F1 score.

    Samples are drawn with replacement (Efron and Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13). F1 depends on the confusion matrix only, so the matrix is drawn from its
    multinomial distribution in place of samples.

    Args:
        labels: class indices, `(samples,)`, one or more.
        predicted: class indices, `(samples,)`.
        classes: the number of classes; a class that does not occur has an F1 of 0.
        average: `macro`, or `weighted` by the support in each resample.
        level: the confidence level, in 0..1.
        resamples: the number of resamples.
        seed: seed of the resamples.

    Raises:
        ValueError: shapes differ, there are no samples, or the average is unknown.
    """
    labels, predicted = np.asarray(labels, np.int64), np.asarray(predicted, np.int64)
    if labels.shape != predicted.shape or labels.ndim != 1 or not len(labels):
        raise ValueError(
            f"labels and predictions must be (samples,), one or more; got {labels.shape} and "
            f"{predicted.shape}"
        )
    if average not in _AVERAGES:
        raise ValueError(f"average: allowed are {', '.join(_AVERAGES)}; got {average!r}")
    counts = np.bincount(labels * classes + predicted, minlength=classes**2)
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(len(labels), counts / len(labels), size=resamples)
    matrices = drawn.reshape(resamples, classes, classes)
    support, predictions = matrices.sum(axis=2), matrices.sum(axis=1)
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    scores = 2 * hits / np.maximum(support + predictions, 1)
    shares = np.full(classes, 1 / classes) if average == "macro" else support / len(labels)
    f1 = (scores * shares).sum(axis=1)
    low, high = np.quantile(f1, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
