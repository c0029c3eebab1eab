"""Compare runs with published results, with confidence intervals or standard deviations."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.reporting.estimates import ESTIMATE, Estimate, estimate_scores
from lfx.reporting.published import PublishedResult
from lfx.reporting.score_columns import titled
from lfx.reporting.table import COUNT, CSV, DIFFERENCE, DOCUMENT, TERMINAL, Column, Format, Table
from lfx.runs.find import Run
from lfx.runtime.errors import ArtifactError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.reporting.published import Reference

log = logging.getLogger(__name__)

_TEST, _OOF = "test", "oof"


@dataclass(frozen=True)
class Compared:
    """A published result and the scores of the runs of its experiment.

    Attributes:
        published: the published result.
        runs: one run per seed; empty if the experiment has not been run.
        split: the test split; of a cross-validation, the out-of-fold rows.
        accuracy: the accuracy, with Wilson's interval for one run.
        f1: the F1, with the bootstrap interval for one run.
    """

    published: PublishedResult
    runs: tuple[Run, ...] = ()
    split: str = _TEST
    accuracy: Estimate | None = None
    f1: Estimate | None = None


def compare_with(reference: Reference, runs: Sequence[Run]) -> list[Compared]:
    """Find the newest run of each experiment and seed, and score its predictions.

    The scores are those of the test split. Of a cross-validation they are those of the out-of-fold
    rows, each predicted by the one model that has not seen it; its test scores are those of the
    mean of all models, which cannot be compared with a published cross-validation. Runs with other
    settings than the newest run of the experiment, and runs of a single fold, are left out.

    Args:
        reference: the published results.
        runs: the runs, oldest first.

    Returns:
        One entry per published result.

    Raises:
        DataError: no run belongs to an experiment of the results, or the runs have several data
            sets.
    """
    compared = [
        _compare(row, _runs_of(row.experiment, runs), reference.f1_average)
        for row in reference.rows
    ]
    if not any(each.runs for each in compared):
        names = ", ".join(row.experiment for row in reference.rows)
        raise DataError(
            f"reference={reference.name} is compared with runs of experiment=… {names}, with a "
            "test split; there are no such runs here"
        )
    data_sets = sorted({run.data for each in compared for run in each.runs})
    if len(data_sets) > 1:
        raise DataError(
            f"the runs have several data sets, {', '.join(data_sets)}; choose one with data=NAME, "
            "or another folder with runs=FOLDER"
        )
    return compared


def compared_table(compared: Sequence[Compared]) -> Table:
    """Return a table of published results and runs; a CSV has extra columns for interval bounds."""
    columns = [
        Column("modality"),
        Column("published model"),
        Column("experiment", where=_SHOWN),
        Column("experiment", where=_FILED),
        Column("leaky", where=_FILED),
        Column("model"),
        Column("published accuracy", _PUBLISHED),
        Column("published F1", _PUBLISHED),
        Column("runs", COUNT),
        Column("n", COUNT, _SHOWN),
        Column("split", where=_FILED),
        Column("n", COUNT, _FILED),
        Column("accuracy", ESTIMATE),
        Column("F1", ESTIMATE),
        Column("accuracy difference", DIFFERENCE, _SHOWN, spare=1),
        Column("F1 difference", DIFFERENCE, _SHOWN, spare=1),
        Column("folders", where=_FILED),
    ]
    return Table(columns, [_cells(each) for each in compared])


def _cells(compared: Compared) -> list[Any]:
    row = compared.published
    published = [row.accuracy, row.f1]
    if not compared.runs or compared.accuracy is None or compared.f1 is None:
        names = [row.modality, row.model, row.experiment, row.experiment, None]
        return [*names, "not run", *published, *[None] * 9]
    scores = (compared.accuracy, compared.f1)
    leaky = any(run.leaky for run in compared.runs)
    return [
        row.modality,
        row.model,
        titled(row.experiment, {"leaky": leaky}),
        row.experiment,
        leaky,
        compared.runs[0].model,
        *published,
        len(compared.runs),
        f"{_samples(compared)} {compared.split}",
        compared.split,
        _samples(compared),
        *scores,
        *(
            None if other is None else score.value - other
            for score, other in zip(scores, published, strict=True)
        ),
        " ".join(str(run.folder) for run in compared.runs),
    ]


_SHOWN, _FILED = frozenset({TERMINAL, DOCUMENT}), frozenset({CSV})
_PUBLISHED = Format("{:g}".format)


def _runs_of(experiment: str, runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs of an experiment with the newest run's settings, one per seed."""
    candidates = [
        run
        for run in runs
        if f"experiment={experiment}" in run.overrides and {_TEST, _OOF} & run.metrics.keys()
    ]
    complete = [run for run in candidates if run.fold is None]
    same_kind = [run for run in complete if run.kind == complete[-1].kind]
    if len(same_kind) < len(candidates):
        message = "experiment=%s: %d runs with other settings, or of a single fold, are left out"
        log.warning(message, experiment, len(candidates) - len(same_kind))
    return tuple({run.seed: run for run in same_kind}.values())


def _compare(published: PublishedResult, runs: tuple[Run, ...], average: str) -> Compared:
    if not runs:
        return Compared(published)
    crossvalidated = all(run.stage == "train" and _OOF in run.metrics for run in runs)
    split = _OOF if crossvalidated else _TEST
    needed = {"accuracy", average, "support"}
    complete = []
    for run in runs:
        missing = needed - run.metrics.get(split, {}).keys()
        if missing:
            names = ", ".join(sorted(missing))
            log.warning("%s is left out: its %s scores lack %s", run.folder, split, names)
        else:
            complete.append(run)
    if not complete:
        return Compared(published)
    runs = tuple(complete)
    try:
        scores = estimate_scores(runs, split, ("accuracy", average))
    except ArtifactError as error:
        log.warning("%s is left out: %s", runs[0].folder, error)
        return Compared(published)
    return Compared(published, runs, split, *scores)


def _samples(compared: Compared) -> str:
    counts = sorted({int(run.metrics[compared.split]["support"]) for run in compared.runs})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]}-{counts[-1]}"
