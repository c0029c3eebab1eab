"""Runs beside published results, with intervals or spreads: what a difference is worth."""

from __future__ import annotations

import logging
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.artifacts.parquet import read_predictions
from lfx.configuration.reference import ReferenceRowConfig
from lfx.evaluation.intervals import Interval, bootstrap_f1, wilson
from lfx.reporting.runs import Run
from lfx.reporting.score_columns import titled
from lfx.reporting.table import COUNT, CSV, DIFFERENCE, DOCUMENT, TERMINAL, Column, Format, Table
from lfx.runtime.errors import ArtifactError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.configuration.reference import ReferenceConfig

log = logging.getLogger(__name__)

_TEST, _OOF = "test", "oof"


@dataclass(frozen=True)
class Score:
    """A score, all in 0..1.

    Attributes:
        value: of one run, or the mean of several.
        interval: the 95 % interval of one run; None where there are several.
        spread: the standard deviation over several; None where there is one.
    """

    value: float
    interval: Interval | None = None
    spread: float | None = None


@dataclass(frozen=True)
class Compared:
    """A published result, and what the runs that stand for it reached.

    Attributes:
        published: the result.
        runs: one a seed; none where it has not been run.
        split: the test split; of a cross-validation, the out-of-fold rows.
        accuracy: with Wilson's interval, where there is one run.
        f1: with the bootstrap's interval, where there is one run.
    """

    published: ReferenceRowConfig
    runs: tuple[Run, ...] = ()
    split: str = _TEST
    accuracy: Score | None = None
    f1: Score | None = None


def compare_with(reference: ReferenceConfig, runs: Sequence[Run]) -> list[Compared]:
    """Find the newest run of each experiment and seed, and score what it predicts.

    That is the test split; of a cross-validation it is the out-of-fold rows, each predicted by the
    one model that has not seen it (the test split has the mean of all models, which is another
    thing than a published cross-validation). Runs of an experiment with other settings than the
    newest one's are left out, and so are those of a single fold.

    Args:
        reference: what was published.
        runs: older ones first.

    Returns:
        One entry a published result.

    Raises:
        DataError: none of the runs stands for any of the results, or those that do are of several
            data sets.
    """
    found = [
        _compared(row, _runs_of(row.experiment, runs), reference.f1_average)
        for row in reference.rows
    ]
    if not any(one.runs for one in found):
        names = ", ".join(row.experiment for row in reference.rows)
        raise DataError(
            f"reference={reference.name} is beside runs by experiment=… of {names}, with a test "
            "split; there is none among these runs"
        )
    sets = sorted({run.data for one in found for run in one.runs})
    if len(sets) > 1:
        raise DataError(
            f"the runs are of several data sets, {', '.join(sets)}; choose one with data=NAME, or "
            "another folder with runs=FOLDER"
        )
    return found


def compared_table(found: Sequence[Compared]) -> Table:
    """Return published results beside those of runs; bounds have columns of their own in a CSV."""
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
        Column("accuracy", _SCORE),
        Column("F1", _SCORE),
        Column("accuracy difference", DIFFERENCE, _SHOWN, spare=1),
        Column("F1 difference", DIFFERENCE, _SHOWN, spare=1),
        Column("folders", where=_FILED),
    ]
    return Table(columns, [_cells(one) for one in found])


def _cells(one: Compared) -> list[Any]:
    row = one.published
    published = [row.accuracy, row.f1]
    if not one.runs or one.accuracy is None or one.f1 is None:
        names = [row.modality, row.model, row.experiment, row.experiment, None]
        return [*names, "not run", *published, *[None] * 9]
    scores = (one.accuracy, one.f1)
    leaky = any(run.leaky for run in one.runs)
    return [
        row.modality,
        row.model,
        titled(row.experiment, {"leaky": leaky}),
        row.experiment,
        leaky,
        one.runs[0].model,
        *published,
        len(one.runs),
        f"{_samples(one)} {one.split}",
        one.split,
        _samples(one),
        *scores,
        *(
            None if old is None else score.value - old
            for score, old in zip(scores, published, strict=True)
        ),
        " ".join(str(run.folder) for run in one.runs),
    ]


def _told(score: Score) -> str:
    if score.interval is None:
        return f"{score.value:.3f} ± {score.spread or 0:.3f}"
    return f"{score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]"


_SHOWN, _FILED = frozenset({TERMINAL, DOCUMENT}), frozenset({CSV})
_PUBLISHED = Format("{:g}".format)
_SCORE = Format(
    _told,
    {
        "": lambda one: one.value,
        " low": lambda one: one.interval and one.interval.low,
        " high": lambda one: one.interval and one.interval.high,
        " sd": lambda one: one.spread,
    },
)


def _runs_of(experiment: str, runs: Sequence[Run]) -> tuple[Run, ...]:
    own = [
        run
        for run in runs
        if f"experiment={experiment}" in run.overrides and {_TEST, _OOF} & run.metrics.keys()
    ]
    whole = [run for run in own if run.fold is None]
    alike = [run for run in whole if run.kind == whole[-1].kind]
    if len(alike) < len(own):
        left_out = "experiment=%s: %d runs of other settings, or of a single fold, are left out"
        log.warning(left_out, experiment, len(own) - len(alike))
    return tuple({run.seed: run for run in alike}.values())


def _compared(published: ReferenceRowConfig, runs: tuple[Run, ...], average: str) -> Compared:
    if not runs:
        return Compared(published)
    crossvalidated = all(run.stage == "train" and _OOF in run.metrics for run in runs)
    split = _OOF if crossvalidated else _TEST
    needed = {"accuracy", average, "support"}
    whole = tuple(run for run in runs if needed <= run.metrics.get(split, {}).keys())
    for run in (one for one in runs if one not in whole):
        lacking = ", ".join(sorted(needed - run.metrics.get(split, {}).keys()))
        log.warning("%s is left out: its %s scores lack %s", run.folder, split, lacking)
    if not whole:
        return Compared(published)
    runs = whole
    if len(runs) > 1:
        over = [[float(run.metrics[split][key]) for run in runs] for key in ("accuracy", average)]
        scores = [Score(statistics.fmean(own), spread=statistics.stdev(own)) for own in over]
        return Compared(published, runs, split, *scores)
    (run,) = runs
    try:
        rows = read_predictions(run.folder / "predictions.parquet")
    except ArtifactError as error:
        log.warning("%s is left out: %s", run.folder, error)
        return Compared(published)
    rows = rows.select(rows.rows(split) & (rows.label >= 0))
    metrics = run.metrics[split]
    predicted = rows.logits.argmax(axis=1)
    right = int((predicted == rows.label).sum())
    kind = average.removeprefix("f1_")
    classes = len(rows.metadata.classes)
    return Compared(
        published,
        runs,
        split,
        Score(metrics["accuracy"], wilson(right, len(rows.label))),
        Score(metrics[average], bootstrap_f1(rows.label, predicted, classes, average=kind)),
    )


def _samples(one: Compared) -> str:
    counts = sorted({int(run.metrics[one.split]["support"]) for run in one.runs})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]}-{counts[-1]}"
