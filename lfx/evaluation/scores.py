"""The registry of scores: each score that the stages report is one entry of `SCORES`.

Tables, baselines, objectives and searches read this registry. To add a score, add an entry, here or
with `register_score`. Heavy packages are imported inside functions, because command lines are
checked against the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from lfx.runtime.settings import OneOf

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@dataclass(frozen=True)
class Score:
    """A measure of how good predictions are.

    Attributes:
        key: the name in files and on the command line.
        title: the name in tables.
        of_counts: computes the score from counts, `(...)`; None if it needs probabilities. A search
            of weights can optimise scores of counts only.
        of_probabilities: computes the score from probabilities, `(samples, classes)`, and class
            indices, `(samples,)`. Either returns NaN, or None, where the score is not defined.
        higher_is_better: whether a higher score is better.
        least: the smallest possible value; `-inf` if there is none.
        printed: whether printed tables have a column for it; files have all scores.

    Raises:
        ValueError: both `of_counts` and `of_probabilities` are given, or neither.

    Example:
        >>> SCORES["accuracy"].title
        'accuracy'
    """

    key: str
    title: str
    of_counts: Callable[[Counts], Tensor] | None = None
    of_probabilities: Callable[[Tensor, Tensor], float | None] | None = None
    higher_is_better: bool = True
    least: float = 0.0
    printed: bool = False

    def __post_init__(self) -> None:
        """Check that there is exactly one way to compute the score."""
        if (self.of_counts is None) == (self.of_probabilities is None):
            raise ValueError(f"{self.key}: give either of_counts or of_probabilities")


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


def auroc_macro(probabilities: Tensor, labels: Tensor) -> float | None:
    """Compute the area under the ROC curve of each class against the rest, averaged over classes.

    The area is the probability that a sample of the class has a higher score for it than a sample
    of another class, where ties count half (Hanley and McNeil, Radiology 1982). Classes without
    samples, or with all of them, are left out; None if no class remains.
    """
    from scipy.stats import rankdata

    samples, classes = probabilities.shape
    support = labels.bincount(minlength=classes)
    defined = (support > 0) & (support < samples)
    if not bool(defined.any()):
        return None
    ranks = probabilities.new_tensor(rankdata(probabilities.numpy(), axis=0))
    label_ranks = ranks.gather(1, labels[:, None])[:, 0]
    rank_sums = ranks.new_zeros(classes).index_add_(0, labels, label_ranks)
    wins = (rank_sums - support * (support + 1) / 2)[defined]
    areas = wins / (support * (samples - support))[defined]
    return float(areas.mean().item())


def log_loss(probabilities: Tensor, labels: Tensor) -> float:
    """Compute the mean negative log-likelihood, in nats.

    Probabilities are clipped at the smallest normal float32, the lower limit in fused artifacts.

    Args:
        probabilities: `(samples, classes)`.
        labels: class indices, `(samples,)`.
    """
    import torch

    likelihoods = probabilities.gather(1, labels[:, None]).to("cpu", torch.float64)
    return float(-likelihoods.clamp(min=torch.finfo(torch.float32).tiny).log().mean().item())


def calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Compute `expected_calibration_error` in 15 bins of equal width, in 0..1."""
    from lfx.evaluation.calibration_error import expected_calibration_error

    return expected_calibration_error(probabilities, labels, ECE_BINS)


ECE_BINS = 15
# In the order of tables.
SCORES: dict[str, Score] = {
    score.key: score
    for score in (
        Score("accuracy", "accuracy", accuracy, printed=True),
        Score("f1_weighted", "weighted F1", f1_weighted, printed=True),
        Score("f1_macro", "macro F1", f1_macro, printed=True),
        Score("balanced_accuracy", "balanced accuracy", balanced_accuracy),
        Score("cohen_kappa", "Cohen's kappa", cohen_kappa, least=-1),
        Score("matthews_corrcoef", "Matthews' correlation", matthews_corrcoef, least=-1),
        Score("auroc_macro", "macro AUROC", of_probabilities=auroc_macro),
        Score("nll", "log-loss", of_probabilities=log_loss, higher_is_better=False),
        Score(
            "ece", "calibration error", of_probabilities=calibration_error, higher_is_better=False
        ),
    )
}


def reported() -> list[str]:
    """Return the keys of all scores, in the order of tables."""
    return list(SCORES)


def searchable() -> list[str]:
    """Return the keys of the scores that a search of weights can optimise."""
    return [key for key, score in SCORES.items() if score.of_counts is not None]


def shares() -> list[str]:
    """Return the keys of the scores of counts that are never below 0: they can be weights."""
    return [key for key in searchable() if SCORES[key].least == 0]


def printed() -> list[str]:
    """Return the keys of the scores that are columns of printed tables."""
    return [key for key, score in SCORES.items() if score.printed]


def title_of(key: str) -> str:
    """Return a score's name in tables; its key if no such score is registered."""
    return SCORES[key].title if key in SCORES else key


@contextmanager
def register_score(score: Score) -> Iterator[None]:
    """Register a score within a `with` block.

    Raises:
        ValueError: its key is already registered.
    """
    if score.key in SCORES:
        raise ValueError(f"there is a score {score.key} already")
    SCORES[score.key] = score
    try:
        yield
    finally:
        del SCORES[score.key]


# A setting that names a score for a search to optimise.
SearchableScore = Annotated[str, OneOf("lfx.evaluation.scores.searchable")]
