"""Scores of several models as functions of sums over samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lfx.evaluation.count_scores import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.evaluation.scores import Score
    from lfx.evaluation.shared_samples import SharedSamples


@dataclass(frozen=True, eq=False)
class SummedScores:
    """What is summed over samples, and the scores that are computed from the sums.

    Attributes:
        terms: `(samples, columns)`, float64.
        scores: key → computes the score, `(models, ...)`, from sums, `(columns, ...)`.
    """

    terms: Tensor
    scores: dict[str, Callable[[Tensor], Tensor]]

    @classmethod
    def of(cls, samples: SharedSamples, entries: Mapping[str, Score]) -> SummedScores:
        """Return what the scores that are counts or sums need; others are left out.

        Args:
            samples: the models' probabilities and labels.
            entries: key → score.
        """
        labels = torch.from_numpy(samples.labels)
        models, classes = len(samples.names), len(samples.classes)
        probabilities = torch.from_numpy(samples.probabilities)
        columns = [torch.ones(len(labels), 1, dtype=torch.float64)]
        scores: dict[str, Callable[[Tensor], Tensor]] = {}
        width = 1
        of_counts = {key: entry.of_counts for key, entry in entries.items() if entry.of_counts}
        if of_counts:
            one_hot = torch.nn.functional.one_hot
            label = one_hot(labels, classes).double()
            predicted = one_hot(probabilities.argmax(dim=2), classes).double()
            of_models = torch.cat([predicted * label, predicted], dim=2).movedim(0, 1)
            columns += [label, of_models.flatten(1)]

            def counts(sums: Tensor) -> Counts:
                support, rest = sums[1 : 1 + classes], sums[1 + classes :]
                both = rest[: models * 2 * classes].reshape(models, 2, classes, -1)
                hits, predictions = both.movedim(0, 2)
                return Counts(hits, predictions, support[:, None].expand_as(hits))

            scores |= {key: _of_counts(compute, counts) for key, compute in of_counts.items()}
            width += classes + models * 2 * classes
        for key, entry in entries.items():
            if entry.of_sums is not None:
                terms = [entry.of_sums.terms(of_model, labels) for of_model in probabilities]
                columns += terms
                span = (width, width + sum(term.shape[1] for term in terms))
                scores[key] = _of_sums(entry.of_sums.combine, span, models)
                width = span[1]
        return cls(torch.cat(columns, dim=1), scores)


def _of_counts(
    compute: Callable[[Counts], Tensor], counts: Callable[[Tensor], Counts]
) -> Callable[[Tensor], Tensor]:
    return lambda sums: compute(counts(sums))


def _of_sums(
    combine: Callable[[Tensor, Tensor], Tensor], span: tuple[int, int], models: int
) -> Callable[[Tensor], Tensor]:
    def compute(sums: Tensor) -> Tensor:
        of_models = sums[span[0] : span[1]]
        terms = of_models.reshape(models, -1, *of_models.shape[1:]).movedim(0, 1)
        return combine(terms, sums[0].expand_as(terms[0]))

    return compute
