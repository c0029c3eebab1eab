"""Scores of counts per class: what a confusion matrix is enough for.

They take the counts of many sets of predictions at once. torch is imported for annotations alone,
because command lines are checked against the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor  # noqa: TC004, for annotations alone: torch takes seconds


@dataclass(frozen=True)
class Counts:
    """Counts per class, of one set of predictions or of many at once.

    Attributes:
        hits: number of correct predictions of a class, `(classes, ...)`, whole numbers as floats.
        predicted: number of predictions of a class, `(classes, ...)`.
        support: number of samples of a class, `(classes, ...)` or `(classes, 1)`.
    """

    hits: Tensor
    predicted: Tensor
    support: Tensor

    @property
    def samples(self) -> Tensor:
        """The number of samples, `(...)`."""
        return self.support.sum(dim=0)

    @property
    def recall(self) -> Tensor:
        """The share of a class's samples that are predicted, `(classes, ...)`; 0 without any."""
        return self.hits / self.support.clamp(min=1)

    @property
    def f1(self) -> Tensor:
        """The harmonic mean of precision and recall, `(classes, ...)`; 0 if both are 0."""
        # A class that is neither a label nor a prediction has no hits, so its F1 is 0.
        return 2 * self.hits / (self.predicted + self.support).clamp(min=1)


def accuracy(counts: Counts) -> Tensor:
    """Compute the share of correct predictions, in 0..1."""
    return counts.hits.sum(dim=0) / counts.samples


def balanced_accuracy(counts: Counts) -> Tensor:
    """Compute the mean recall over the classes that occur among the labels, in 0..1."""
    return counts.recall.sum(dim=0) / (counts.support > 0).sum(dim=0)


def f1_macro(counts: Counts) -> Tensor:
    """Compute the mean F1 over all classes, in 0..1."""
    return counts.f1.mean(dim=0)


def f1_weighted(counts: Counts) -> Tensor:
    """Compute the mean F1 over classes, weighted by the number of samples, in 0..1."""
    return (counts.f1 * counts.support).sum(dim=0) / counts.samples


def cohen_kappa(counts: Counts) -> Tensor:
    """Compute Cohen's kappa: agreement with the labels beyond chance, in -1..1.

    (p_o - p_e) / (1 - p_e), where p_o is the accuracy and p_e the expected accuracy of random
    predictions with the same counts (Cohen, Educational and Psychological Measurement 1960); 0 if
    labels and predictions are all of one class.
    """
    samples = counts.samples
    expected = (counts.predicted * counts.support).sum(dim=0) / samples**2
    possible = 1 - expected
    kappa = (counts.hits.sum(dim=0) / samples - expected) / possible.where(possible > 0, 1)
    return kappa.where(possible > 0, 0)


def matthews_corrcoef(counts: Counts) -> Tensor:
    """Compute Matthews' correlation of predictions and labels, in -1..1.

    The generalisation to several classes, R_K (Gorodkin, Computational Biology and Chemistry 2004);
    0 if labels or predictions are all of one class.
    """
    samples, hits = counts.samples, counts.hits.sum(dim=0)
    covariance = hits * samples - (counts.predicted * counts.support).sum(dim=0)
    variance = samples**2 - counts.predicted.square().sum(dim=0)
    variances = variance * (samples**2 - counts.support.square().sum(dim=0))
    return (covariance / variances.where(variances > 0, 1).sqrt()).where(variances > 0, 0)
