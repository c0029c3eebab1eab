"""How much two models agree: measures of diversity.

Kuncheva and Whitaker, Measures of Diversity in Classifier Ensembles, Machine Learning 2003.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Diversity:
    """How much two models agree on the same samples.

    Attributes:
        agreement: the share of the samples that both predict the same class for, in 0..1.
        kappa: Cohen's kappa of their predictions, agreement beyond chance, in -1..1; 0 if both
            always predict the same class.
        q: Yule's Q of who is right, in -1..1: 1 if they are right about the same samples, 0 if that
            is independent, below 0 if they make up for each other's errors; None if undefined.
        double_fault: the share of the samples that both are wrong about, in 0..1: no choice between
            the two corrects these.
        oracle: the share that at least one is right about, in 0..1.

    Example:
        >>> labels = np.array([0, 1, 1, 0])
        >>> found = Diversity.of(np.array([0, 1, 0, 0]), np.array([0, 1, 1, 1]), labels)
        >>> found.agreement, found.oracle, found.double_fault
        (0.5, 1.0, 0.0)
    """

    agreement: float
    kappa: float
    q: float | None
    double_fault: float
    oracle: float

    @classmethod
    def of(
        cls,
        first: NDArray[np.integer],
        second: NDArray[np.integer],
        labels: NDArray[np.integer],
    ) -> Diversity:
        """Compare two models' predictions.

        Args:
            first: class indices, `(samples,)`, one or more.
            second: the same of the other model.
            labels: class indices, `(samples,)`.
        """
        samples = len(labels)
        classes = int(max(first.max(), second.max())) + 1
        same = float((first == second).mean())
        shares = [np.bincount(one, minlength=classes) / samples for one in (first, second)]
        chance = float(shares[0] @ shares[1])
        right, other = first == labels, second == labels
        both, neither = int((right & other).sum()), int((~right & ~other).sum())
        only_first, only_second = int((right & ~other).sum()), int((~right & other).sum())
        alike, unlike = both * neither, only_first * only_second
        return cls(
            agreement=same,
            kappa=(same - chance) / (1 - chance) if chance < 1 else 0.0,
            q=(alike - unlike) / (alike + unlike) if alike + unlike else None,
            double_fault=neither / samples,
            oracle=1 - neither / samples,
        )
