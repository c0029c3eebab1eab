"""Tables that compare models on the same samples: scores, differences, agreement, classes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch

from lfx.evaluation.diversity import Diversity
from lfx.evaluation.mcnemar import PairedAccuracy
from lfx.evaluation.metrics import evaluate
from lfx.evaluation.multiple import holm
from lfx.evaluation.reported import INTERVALS, UNSEEN
from lfx.evaluation.resampling import resample
from lfx.evaluation.scores import Score, printed, reported, title_of
from lfx.evaluation.uncertainty import score_intervals
from lfx.reporting.estimates import DIFFERENCE_ESTIMATE, SCORE, Estimate
from lfx.reporting.score_columns import score_cells, score_columns, table_notes
from lfx.reporting.table import COUNT, CSV, NUMBER, Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from lfx.evaluation.count_scores import Counts
    from lfx.evaluation.shared_samples import SharedSamples

_IN_FILES = frozenset({CSV})


def metrics_of(samples: SharedSamples) -> list[dict[str, Any]]:
    """Return the scores and intervals of each model, as in `metrics.json`."""
    labels = torch.from_numpy(samples.labels)
    scored = [
        evaluate(torch.from_numpy(probabilities), labels, samples.classes)
        for probabilities in samples.probabilities
    ]
    keys = [key for key in reported() if all(key in metrics for metrics in scored)]
    intervals = score_intervals(samples, keys)
    return [
        metrics | {INTERVALS: {key: list(interval) for key, interval in found.items()}}
        for metrics, found in zip(scored, intervals, strict=True)
    ]


def score_table(samples: SharedSamples, unseen: SharedSamples | None, split: str) -> Table:
    """Return the scores of each model, with intervals.

    Args:
        samples: the samples of the split that all models have.
        unseen: those of which no near duplicate was fitted on by any model; None if these are all.
        split: name of the split.
    """
    metrics = metrics_of(samples)
    if unseen is not None:
        for one, of_unseen in zip(metrics, metrics_of(unseen), strict=True):
            one[UNSEEN] = of_unseen
    of_unseen_splits = [] if unseen is None else [split]
    keys = reported()
    columns = score_columns([split], keys, unseen=of_unseen_splits)
    rows = [
        [name, *score_cells({split: one}, [split], keys, unseen=of_unseen_splits)]
        for name, one in zip(samples.names, metrics, strict=True)
    ]
    return Table([Column("member"), *columns], rows, table_notes([split], of_unseen_splits))


def difference_table(samples: SharedSamples, against: str | None) -> Table:
    """Return the paired differences between models.

    Args:
        samples: the samples that all models have.
        against: the model that the others are compared with; None: every pair is compared.
    """
    resampled = resample(samples, printed())
    keys = list(resampled)
    columns = [Column("difference", least=12), Column("n", COUNT)]
    columns += [
        Column(title_of(key), DIFFERENCE_ESTIMATE, spare=index) for index, key in enumerate(keys)
    ]
    columns += [
        Column("corrected : corrupted"),
        Column("p", NUMBER, spare=1),
        Column("Holm p", NUMBER),
    ]
    columns += [Column("detectable difference", NUMBER, spare=2)]
    pairs = _pairs(samples.names, against)
    compared = [
        PairedAccuracy.of(samples.right[other], samples.right[one], samples.groups)
        for one, other in pairs
    ]
    rows = []
    adjusted = holm([paired.p for paired in compared])
    for (one, other), paired, p in zip(pairs, compared, adjusted, strict=True):
        differences = []
        for key in keys:
            values = resampled[key].values
            interval = resampled[key].difference(one, other)
            if key == "accuracy":  # the same interval as in a verdict
                interval = paired.interval
            differences.append(Estimate(float(values[one] - values[other]), interval))
        title = f"{samples.names[one]} - {samples.names[other]}"
        changes = f"{paired.corrected} : {paired.corrupted}"
        row = [title, paired.samples, *differences, changes, paired.p, float(p), paired.detectable]
        rows.append(row)
    note = (
        "corrected : corrupted: samples that only the first, and only the second, predicts "
        "correctly; p: McNemar's exact test, by groups of near duplicates; Holm p: adjusted for "
        "all differences of this table; detectable difference: the smallest one in accuracy that "
        "such samples would show with 80 % power"
    )
    return Table(columns, rows, [note])


def agreement_table(samples: SharedSamples) -> Table:
    """Return how much each pair of models agrees."""
    columns = [Column("pair", least=12), Column("n", COUNT)]
    columns += [
        Column(title, NUMBER)
        for title in ("agreement", "Cohen's kappa", "Q statistic", "double faults", "oracle")
    ]
    predicted = samples.probabilities.argmax(axis=2)
    rows = []
    for one, other in _pairs(samples.names, None):
        found = Diversity.of(predicted[one], predicted[other], samples.labels)
        figures = [found.agreement, found.kappa, found.q, found.double_fault, found.oracle]
        title = f"{samples.names[one]}, {samples.names[other]}"
        rows.append([title, len(samples.labels), *figures])
    note = (
        "double faults: both wrong; oracle: at least one right; Q statistic: 1 if right about the "
        "same samples, 0 if independently, below 0 if they make up for each other's errors"
    )
    return Table(columns, rows, [note])


def class_table(samples: SharedSamples) -> Table:
    """Return precision, recall and F1 of each class and model, with intervals."""
    rates: dict[str, Callable[[Counts], Tensor]] = {
        "precision": lambda counts: counts.hits / counts.predicted.clamp(min=1),
        "recall": lambda counts: counts.recall,
        "F1": lambda counts: counts.f1,
    }
    scores = {
        f"{rate} {label}": Score(rate, rate, _of_class(compute, label))
        for label in range(len(samples.classes))
        for rate, compute in rates.items()
    }
    resampled = resample(samples, scores)
    columns = [Column("class"), Column("n", COUNT), Column("member")]
    columns += [
        Column(rate, SCORE, spare=spare) for rate, spare in zip(rates, (2, 1, 0), strict=True)
    ]
    rows = []
    for label, name in enumerate(samples.classes):
        support = int((samples.labels == label).sum())
        for model, member in enumerate(samples.names):
            of_class = [resampled[f"{rate} {label}"] for rate in rates]
            cells = [Estimate(float(one.values[model]), one.interval(model)) for one in of_class]
            rows.append([name, support, member, *cells])
    return Table(columns, rows, ["[…]: 95 % interval"])


def _of_class(compute: Callable[[Counts], Tensor], label: int) -> Callable[[Counts], Tensor]:
    return lambda counts: compute(counts)[label]


def _pairs(names: Sequence[str], against: str | None) -> list[tuple[int, int]]:
    """Return pairs of positions; the difference is of the first minus the second."""
    if against is None:
        return [(other, one) for one, other in combinations(range(len(names)), 2)]
    base = names.index(against)
    return [(one, base) for one in range(len(names)) if one != base]
