"""The charts of a page: scores of runs, reliability and agreement of members and fusions."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from lfx.evaluation.diversity import Diversity
from lfx.evaluation.reliability import reliability_bins
from lfx.evaluation.reported import reported_split
from lfx.reporting.estimates import Estimate
from lfx.reporting.page.charts import Chart, agreement_chart, reliability_chart, score_chart
from lfx.reporting.page.group_texts import suffix_of
from lfx.runtime.escaping import for_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.reporting.page.fusion_group import FusionGroup
    from lfx.runs.find import Run

_MOST_SCORES = 40
_MOST_MODELS = 6


def score_charts(runs: Sequence[Run]) -> list[Chart]:
    """Return a chart of accuracy for each data set."""
    charts = []
    for data in dict.fromkeys(run.data for run in runs):
        rows = []
        of_data = [run for run in runs if run.data == data]
        split = reported_split({name for run in of_data for name in run.splits})
        for run in of_data:
            metrics = run.metrics.get(split or "", {})
            if "accuracy" not in metrics:
                continue
            score = Estimate.of(metrics, "accuracy")
            low, high = score.interval or (score.value, score.value)
            rows.append((run, score.value, low, high, int(metrics["support"])))
        several_seeds = len({run.seed for run, *_ in rows}) > 1
        names = [f"{run.name}, seed {run.seed}" if several_seeds else run.name for run, *_ in rows]
        titles = _distinct([for_line(name) for name in names])
        shown = [(title, *row[1:]) for title, row in zip(titles, rows, strict=True)]
        if len(shown) > 1:
            charts.append(score_chart(f"accuracy on {split} of {data}", shown[:_MOST_SCORES]))
    return charts


def _distinct(names: Sequence[str]) -> list[str]:
    """Number names that occur more than once."""
    counts: dict[str, int] = {}
    found = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        found.append(name if names.count(name) == 1 else f"{name} ({counts[name]})")
    return found


def model_charts(groups: Sequence[FusionGroup]) -> list[Chart]:
    """Return reliability and agreement of the members and fusions of each group."""
    return [chart for one in groups for chart in _model_charts(one, suffix_of(one, groups))]


def _model_charts(group: FusionGroup, suffix: str) -> list[Chart]:
    """Return reliability and agreement of members and fusions, on the samples that all have."""
    rows = group.rows[group.reported]
    kept = group.joined.complete[rows]
    for fusion in group.fusions:
        kept &= ~np.isnan(fusion.probabilities[rows, 0])
    rows = rows[kept]
    if not len(rows):
        return []
    labels = group.joined.label[rows].astype(np.int64)
    models = dict(zip(group.joined.names, group.probabilities[:, rows], strict=True))
    titles = _distinct([fusion.title for fusion in group.fusions])
    for title, fusion in zip(titles, group.fusions, strict=True):
        models.setdefault(title, fusion.probabilities[rows].astype(np.float64))
    names = list(models)[:_MOST_SCORES]
    predicted = {name: models[name].argmax(axis=1) for name in names}
    kappas = {
        (one, other): Diversity.of(predicted[one], predicted[other], labels).kappa
        for one, other in combinations(names, 2)
    }
    charts = [
        reliability_chart(f"{name}{suffix}", reliability_bins(models[name], labels))
        for name in names[: max(_MOST_MODELS, len(group.joined.names) + 1)]
    ]
    return [*charts, agreement_chart(f"agreement{suffix}", names, kappas)]
