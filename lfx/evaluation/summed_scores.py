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
    from lfx.evaluation.sums import Sums


# Rows whose terms are made at once: 48 columns of them take 50 MB.
_ROWS_AT_ONCE = 1 << 17


@dataclass(frozen=True, eq=False)
class SummedScores:
    """Sums over the samples of each block, and the scores that are computed from the sums.

    Attributes:
        by_block: `(blocks, columns)`, float64; the first column is the number of samples.
        scores: key → computes the score, `(models, ...)`, from sums, `(columns, ...)`.
    """

    by_block: Tensor
    scores: dict[str, Callable[[Tensor], Tensor]]

    @classmethod
    def of(
        cls, samples: SharedSamples, entries: Mapping[str, Score], blocks: Tensor
    ) -> SummedScores:
        """Return what the scores that are counts or sums need; others are left out.

        Args:
            samples: the models' probabilities and labels.
            entries: key → score.
            blocks: block of each sample, `(samples,)`, int64 from 0.
        """
        labels = torch.from_numpy(samples.labels)
        models, classes = len(samples.names), len(samples.classes)
        probabilities = torch.from_numpy(samples.probabilities)
        columns = [blocks.bincount()[:, None].double()]
        scores: dict[str, Callable[[Tensor], Tensor]] = {}
        width = 1
        of_counts = {key: entry.of_counts for key, entry in entries.items() if entry.of_counts}
        if of_counts:
            columns += _counts_by_block(labels, probabilities.argmax(dim=2), blocks, classes)

            def counts(sums: Tensor) -> Counts:
                support, rest = sums[1 : 1 + classes], sums[1 + classes :]
                both = rest[: models * 2 * classes].reshape(models, 2, classes, -1)
                hits, predictions = both.movedim(0, 2)
                return Counts(hits, predictions, support[:, None].expand_as(hits))

            scores |= {key: _of_counts(compute, counts) for key, compute in of_counts.items()}
            width += classes + models * 2 * classes
        for key, entry in entries.items():
            if entry.of_sums is not None:
                sums = [
                    _terms_by_block(entry.of_sums, of_model, labels, blocks)
                    for of_model in probabilities
                ]
                columns += sums
                span = (width, width + sum(of_model.shape[1] for of_model in sums))
                scores[key] = _of_sums(entry.of_sums.combine, span, models)
                width = span[1]
        return cls(torch.cat(columns, dim=1), scores)


def _counts_by_block(
    labels: Tensor, predicted: Tensor, blocks: Tensor, classes: int
) -> list[Tensor]:
    """Return the support by class, and hits and predictions by model and class, of each block."""
    count = int(blocks.max()) + 1

    def by_class(rows: Tensor, indices: Tensor) -> Tensor:
        cells = torch.bincount(blocks[rows] * classes + indices[rows], minlength=count * classes)
        return cells.reshape(count, classes).double()

    everything = torch.ones(len(labels), dtype=torch.bool)
    columns = [by_class(everything, labels)]
    for of_model in predicted:
        columns += [by_class(of_model == labels, labels), by_class(everything, of_model)]
    return columns


def _terms_by_block(sums: Sums, probabilities: Tensor, labels: Tensor, blocks: Tensor) -> Tensor:
    """Return the sums of a score's terms over the samples of each block, `(blocks, terms)`."""
    count = int(blocks.max()) + 1
    at_once = _ROWS_AT_ONCE if sums.by_rows else len(labels)
    parts = (torch.split(one, at_once) for one in (probabilities, labels, blocks))
    total: Tensor | None = None
    for of_part, labels_part, blocks_part in zip(*parts, strict=True):
        terms = sums.terms(of_part, labels_part)
        total = terms.new_zeros(count, terms.shape[1]) if total is None else total
        total.index_add_(0, blocks_part, terms)
    if total is None:
        raise ValueError("there are no samples")
    return total


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
