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

from lfx.evaluation.count_scores import (
    Counts,
    accuracy,
    balanced_accuracy,
    cohen_kappa,
    f1_macro,
    f1_weighted,
    matthews_corrcoef,
)
from lfx.evaluation.probability_scores import (
    ADAPTIVE_CALIBRATION,
    BRIER,
    CALIBRATION,
    CLASSWISE_CALIBRATION,
    LOG_LOSS,
    auroc_macro,
    auroc_of_resamples,
)
from lfx.evaluation.sums import Sums
from lfx.runtime.settings import OneOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor  # noqa: TC004, for annotations alone: torch takes seconds


@dataclass(frozen=True)
class Score:
    """A measure of how good predictions are.

    Attributes:
        key: the name in files and on the command line.
        title: the name in tables.
        of_counts: computes the score from counts, `(...)`; None if it needs probabilities. A search
            of weights can optimise scores of counts only.
        of_sums: computes it from sums over samples.
        of_probabilities: computes it from probabilities, `(samples, classes)`, and class indices,
            `(samples,)`. It returns NaN, or None, where the score is not defined.
        of_resamples: beside `of_probabilities`: computes it for many resamples at once,
            `(resamples,)`, from probabilities, labels, and how often a resample has each sample,
            `(samples, resamples)`. Without it, intervals take a call for each resample.
        higher_is_better: whether a higher score is better.
        least: the smallest possible value; `-inf` if there is none.
        printed: whether printed tables have a column for it; files have all scores.

    Raises:
        ValueError: not exactly one of `of_counts`, `of_sums` and `of_probabilities` is given.

    Example:
        >>> SCORES["accuracy"].title
        'accuracy'
    """

    key: str
    title: str
    of_counts: Callable[[Counts], Tensor] | None = None
    of_sums: Sums | None = None
    of_probabilities: Callable[[Tensor, Tensor], float | None] | None = None
    of_resamples: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None
    higher_is_better: bool = True
    least: float = 0.0
    printed: bool = False

    def __post_init__(self) -> None:
        """Check that there is exactly one way to compute the score."""
        ways = (self.of_counts, self.of_sums, self.of_probabilities)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(f"{self.key}: give one of of_counts, of_sums and of_probabilities")


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
        Score(
            "auroc_macro",
            "macro AUROC",
            of_probabilities=auroc_macro,
            of_resamples=auroc_of_resamples,
        ),
        Score("nll", "log-loss", of_sums=LOG_LOSS, higher_is_better=False),
        Score("brier", "Brier score", of_sums=BRIER, higher_is_better=False),
        Score("ece", "calibration error", of_sums=CALIBRATION, higher_is_better=False),
        Score(
            "ece_adaptive",
            "adaptive calibration error",
            of_sums=ADAPTIVE_CALIBRATION,
            higher_is_better=False,
        ),
        Score(
            "ece_classwise",
            "class-wise calibration error",
            of_sums=CLASSWISE_CALIBRATION,
            higher_is_better=False,
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
