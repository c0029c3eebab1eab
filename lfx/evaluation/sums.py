"""Scores that are functions of sums over samples, such as the log-loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor  # noqa: TC004, for annotations alone: torch takes seconds


@dataclass(frozen=True)
class Sums:
    """A score as a function of sums over samples, so that resampling needs only the sums.

    Attributes:
        terms: what is summed: from probabilities, `(samples, classes)`, and class indices,
            `(samples,)`, to `(samples, terms)`, float64.
        combine: computes the score, `(...)`, from the sums, `(terms, ...)`, and the number of
            samples, `(...)`.
        by_rows: whether a sample's terms depend on that sample alone, so that many samples are
            summed part by part.
    """

    terms: Callable[[Tensor, Tensor], Tensor]
    combine: Callable[[Tensor, Tensor], Tensor]
    by_rows: bool = True

    def __call__(self, probabilities: Tensor, labels: Tensor) -> float:
        """Compute the score.

        Args:
            probabilities: `(samples, classes)`.
            labels: class indices, `(samples,)`.
        """
        terms = self.terms(probabilities, labels)
        samples = terms.new_tensor(len(labels))
        return float(self.combine(terms.sum(dim=0), samples).item())
