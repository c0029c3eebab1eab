"""Runs beside published results, with intervals or spreads: what a difference is worth."""

from __future__ import annotations

import logging
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.artifacts.parquet import read_predictions
from lfx.configuration.reference import ReferenceRowConfig
from lfx.evaluation.intervals import Interval, bootstrap_f1, wilson
from lfx.reporting.rows import write_rows
from lfx.reporting.runs import Run
from lfx.reporting.table import markdown, print_table, titled
from lfx.runtime.errors import ArtifactError, DataError
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.configuration.reference import ReferenceConfig

log = logging.getLogger(__name__)

_HEADER = (
    "modality",
    "published model",
    "experiment",
    "model",
    "published accuracy",
    "published F1",
    "runs",
    "n",
    "accuracy",
    "F1",
    "accuracy difference",
    "F1 difference",
)
# Columns before the numbers.
_LEADING = 4
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


def print_compared(found: Sequence[Compared]) -> None:
    """Print published results beside those of runs."""
    print_table(_HEADER, [_texts(one) for one in found], _LEADING)


def write_compared(found: Sequence[Compared], folder: Path) -> tuple[Path, Path]:
    """Write `reference.csv`, with all digits, and `reference.md`.

    Returns:
        The two files.
    """
    with atomic_path(folder / "reference.md") as part:
        table = markdown(_HEADER, [_texts(one) for one in found], _LEADING)
        part.write_text(table, encoding="utf-8")
    header = [*_HEADER[: _HEADER.index("n")], "split", "n"]
    for score in ("accuracy", "F1"):
        header += [score, *(f"{score} {bound}" for bound in ("low", "high", "sd"))]
    header += ["folders"]
    write_rows(folder / "reference.csv", header, [_numbers(one) for one in found])
    return folder / "reference.csv", folder / "reference.md"


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


def _texts(one: Compared) -> list[str]:
    row = one.published
    published = [_plain(row.accuracy), _plain(row.f1)]
    if not one.runs or one.accuracy is None or one.f1 is None:
        cells = [row.modality, row.model, row.experiment, "not run", *published]
        return [*cells, *[""] * (len(_HEADER) - len(cells))]
    return [
        row.modality,
        row.model,
        titled(row.experiment, {"leaky": any(run.leaky for run in one.runs)}),
        one.runs[0].model,
        *published,
        str(len(one.runs)),
        f"{_samples(one)} {one.split}",
        _told(one.accuracy),
        _told(one.f1),
        _difference(one.accuracy, row.accuracy),
        _difference(one.f1, row.f1),
    ]


def _numbers(one: Compared) -> list[object]:
    row = one.published
    cells: list[object] = [row.modality, row.model, row.experiment]
    if not one.runs:
        return [*cells, "", row.accuracy, row.f1, 0]
    cells += [one.runs[0].model, row.accuracy, row.f1, len(one.runs), one.split, _samples(one)]
    for score in (one.accuracy, one.f1):
        if score is not None:
            cells += [score.value, *(score.interval or (None, None)), score.spread]
    return [*cells, " ".join(str(run.folder) for run in one.runs)]


def _samples(one: Compared) -> str:
    counts = sorted({int(run.metrics[one.split]["support"]) for run in one.runs})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]}-{counts[-1]}"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _told(score: Score) -> str:
    if score.interval is None:
        return f"{score.value:.3f} ± {score.spread or 0:.3f}"
    return f"{score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]"


def _difference(score: Score, published: float | None) -> str:
    return "" if published is None else f"{score.value - published:+.3f}"
