"""The scores that every stage reports: each is one entry of `SCORES`.

Tables, baselines, objectives and searches read this registry. To add a score, add an entry, here or
with `register_score`. Nothing heavy is imported: command lines are checked against the registry.
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
    """How often classes were predicted; of one set of predictions, or of many at once.

    Attributes:
        hits: how often a class was predicted rightly, `(classes, ...)`, whole numbers as floats.
        predicted: how often it was predicted, `(classes, ...)`.
        support: how often it is the label, `(classes, ...)` or `(classes, 1)`.
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
        """Share of a class's samples that were recognised; 0 without any, `(classes, ...)`."""
        return self.hits / self.support.clamp(min=1)

    @property
    def f1(self) -> Tensor:
        """Harmonic mean of precision and recall; 0 without either, `(classes, ...)`."""
        # A class that is neither label nor prediction has no hits either, and so scores 0.
        return 2 * self.hits / (self.predicted + self.support).clamp(min=1)


@dataclass(frozen=True)
class Score:
    """A number that tells how good predictions are.

    Attributes:
        key: its name in files and on the command line.
        title: its name in tables.
        of_counts: computes it from counts, `(...)`; None where it needs probabilities. A score of
            counts can be optimised by a search of weights.
        of_probabilities: computes it from probabilities, `(samples, classes)`, and class indices,
            `(samples,)`; None is returned where it is not defined.
        higher_is_better: whether more is better.
        least: its smallest value; `-inf` where there is none.
        printed: whether it is among the columns of printed tables; files have all scores.

    Raises:
        ValueError: it is to be computed from nothing, or from both.

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
        """Refuse a score without exactly one way to compute it."""
        if (self.of_counts is None) == (self.of_probabilities is None):
            raise ValueError(f"{self.key}: give either of_counts or of_probabilities")


def accuracy(counts: Counts) -> Tensor:
    """Compute the share of samples that are predicted rightly, in 0..1."""
    return counts.hits.sum(dim=0) / counts.samples


def balanced_accuracy(counts: Counts) -> Tensor:
    """Compute the mean recall over the classes that occur among the labels, in 0..1."""
    return counts.recall.sum(dim=0) / (counts.support > 0).sum(dim=0)


def f1_macro(counts: Counts) -> Tensor:
    """Compute the mean F1 over all classes, in 0..1."""
    return counts.f1.mean(dim=0)


def f1_weighted(counts: Counts) -> Tensor:
    """Compute the mean F1 over classes, weighted by how often each is the label, in 0..1."""
    return (counts.f1 * counts.support).sum(dim=0) / counts.samples


def cohen_kappa(counts: Counts) -> Tensor:
    """Compute Cohen's kappa: agreement with the labels beyond chance, in -1..1.

    (p_o - p_e) / (1 - p_e), p_o the accuracy and p_e the accuracy of drawing predictions at random
    with the same counts (Cohen, Educational and Psychological Measurement 1960); 0 where labels and
    predictions are all of one class.
    """
    samples = counts.samples
    expected = (counts.predicted * counts.support).sum(dim=0) / samples**2
    room = 1 - expected
    kappa = (counts.hits.sum(dim=0) / samples - expected) / room.where(room > 0, 1)
    return kappa.where(room > 0, 0)


def matthews_corrcoef(counts: Counts) -> Tensor:
    """Compute Matthews' correlation of predictions and labels, in -1..1.

    Its generalisation to several classes, R_K (Gorodkin, Computational Biology and Chemistry 2004);
    0 where labels or predictions are all of one class.
    """
    samples, hits = counts.samples, counts.hits.sum(dim=0)
    both = hits * samples - (counts.predicted * counts.support).sum(dim=0)
    of_predictions = samples**2 - counts.predicted.square().sum(dim=0)
    spread = of_predictions * (samples**2 - counts.support.square().sum(dim=0))
    return (both / spread.where(spread > 0, 1).sqrt()).where(spread > 0, 0)


def auroc_macro(probabilities: Tensor, labels: Tensor) -> float | None:
    """Compute the area under the ROC curve of each class against the rest, averaged over classes.

    The probability that a sample of the class is given a higher probability of it than a sample of
    another class, ties counting half (Hanley and McNeil, Radiology 1982). Classes that occur among
    none or all of the labels are left out; None where there is no other.
    """
    from scipy.stats import rankdata

    samples, classes = probabilities.shape
    support = labels.bincount(minlength=classes)
    defined = (support > 0) & (support < samples)
    if not bool(defined.any()):
        return None
    ranks = probabilities.new_tensor(rankdata(probabilities.numpy(), axis=0))
    own = ranks.gather(1, labels[:, None])[:, 0]
    sums = ranks.new_zeros(classes).index_add_(0, labels, own)
    wins = (sums - support * (support + 1) / 2)[defined]
    areas = wins / (support * (samples - support))[defined]
    return float(areas.mean().item())


def log_loss(probabilities: Tensor, labels: Tensor) -> float:
    """Compute the mean negative log-likelihood, in nats.

    Probabilities are clipped at the smallest normal float32, below which fused artifacts do not
    tell them from 0.

    Args:
        probabilities: `(samples, classes)`.
        labels: class indices, `(samples,)`.
    """
    import torch

    chosen = probabilities.gather(1, labels[:, None]).to("cpu", torch.float64)
    return float(-chosen.clamp(min=torch.finfo(torch.float32).tiny).log().mean().item())


def calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Compute `expected_calibration_error` in 15 bins of equal width, in 0..1."""
    from lfx.evaluation.calibration_error import expected_calibration_error

    return expected_calibration_error(probabilities, labels, ECE_BINS)


ECE_BINS = 15
# In the order of tables.
SCORES: dict[str, Score] = {
    one.key: one
    for one in (
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
    """Return all scores, in the order of tables."""
    return list(SCORES)


def searchable() -> list[str]:
    """Return the scores that a search of weights may optimise."""
    return [key for key, one in SCORES.items() if one.of_counts is not None]


def shares() -> list[str]:
    """Return the scores of counts that are never below 0, so that weights can follow them."""
    return [key for key in searchable() if SCORES[key].least == 0]


def printed() -> list[str]:
    """Return the scores that are columns of printed tables."""
    return [key for key, one in SCORES.items() if one.printed]


def title_of(key: str) -> str:
    """Return a score's name in tables; that in files where no such score is registered."""
    return SCORES[key].title if key in SCORES else key


@contextmanager
def register_score(score: Score) -> Iterator[None]:
    """Report a further score within a `with` block.

    Raises:
        ValueError: there is one of this key.
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
