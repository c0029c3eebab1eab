"""How sure a score is: intervals for accuracy and F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_AVERAGES = ("macro", "weighted")


class Interval(NamedTuple):
    """Between what a score lies, both in 0..1."""

    low: float
    high: float


def wilson(right: int, samples: int, level: float = 0.95) -> Interval:
    """Give Wilson's score interval of an accuracy.

    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927. Unlike
    the textbook interval it stays in 0..1 and keeps its level for few samples and scores near 1.

    Args:
        right: how many predictions are right.
        samples: of how many, 1 or more.
        level: how often such intervals hold the true accuracy, in 0..1.

    Raises:
        ValueError: there are no samples, or more are right than there are.
    """
    from scipy.stats import binomtest

    found = binomtest(right, samples).proportion_ci(level, method="wilson")
    return Interval(float(found.low), float(found.high))


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
    """Give the percentile bootstrap interval of an F1 score.

    Samples are drawn with replacement (Efron and Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13). F1 depends on how often each class was predicted for each label and on
    nothing else, so that those counts are drawn, from their multinomial distribution, in place of
    samples.

    Args:
        labels: class indices, `(samples,)`, one or more.
        predicted: class indices, `(samples,)`.
        classes: how many there are; one that occurs nowhere scores 0.
        average: `macro` or `weighted`, by the support of the draw.
        level: in 0..1.
        resamples: how many draws.
        seed: of the draws.

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
    chance = np.random.default_rng(seed)
    drawn = chance.multinomial(len(labels), counts / len(labels), size=resamples)
    table = drawn.reshape(resamples, classes, classes)
    support, told = table.sum(axis=2), table.sum(axis=1)
    hits = np.diagonal(table, axis1=1, axis2=2)
    scores = 2 * hits / np.maximum(support + told, 1)
    shares = np.full(classes, 1 / classes) if average == "macro" else support / len(labels)
    f1 = (scores * shares).sum(axis=1)
    low, high = np.quantile(f1, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
