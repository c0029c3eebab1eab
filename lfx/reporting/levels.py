"""Models and fusions side by side: how well they predict, and what their training has cost."""

from __future__ import annotations

import logging
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.artifacts.parquet import read_metadata
from lfx.evaluation.reported import reported_split
from lfx.evaluation.scores import title_of
from lfx.reporting.estimates import ESTIMATE, estimate_scores
from lfx.reporting.incomplete import DIFFERENT_SAMPLES
from lfx.reporting.member_files import member_files
from lfx.reporting.run_table import samples_differ
from lfx.reporting.score_columns import titled
from lfx.reporting.seeds import group_by_seed
from lfx.reporting.table import Column, Format, Table
from lfx.runs.epochs import Spent, Training, read_training
from lfx.runtime.errors import ArtifactError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lfx.runs.find import Run

log = logging.getLogger(__name__)

_SCORES = ("accuracy", "f1_weighted", "f1_macro")
_MIB, _MILLION = 2**20, 1e6
# The name and the config_hash of a run.
Key = tuple[str, str]


@dataclass(frozen=True)
class Bill:
    """What a model, or all members of a fusion, have cost, each training counted once.

    Attributes:
        seconds: of training, with what the models started from.
        memory: the most that one training took, in bytes.
        parameters: of all models together.
        trained: those of them that training changed.
        epochs: with those of what the models started from.
    """

    seconds: float
    memory: int | None
    parameters: int
    trained: int
    epochs: int


def levels_table(runs: Sequence[Run]) -> Table:
    """Return a table of models and fusions, a row each, over their seeds.

    Args:
        runs: of one data set, oldest first.

    Raises:
        DataError: no run has a score, or they are of several data sets.
    """
    split = reported_split({split for run in runs for split in run.splits})
    scored = [run for run in runs if split in run.metrics]
    if split is None or len({run.data for run in scored}) > 1:
        names = ", ".join(sorted({run.data for run in runs}))
        raise DataError(
            f"levels=true is of runs on one data set that has labels; these are on {names}: choose "
            "one with data=NAME"
        )
    trained = {_key(run.folder): read_training(run.folder) for run in scored if _is_trained(run)}
    groups = group_by_seed(scored)
    counts = {_samples(group, split) for group in groups}
    comparable = len(counts) == 1 and not samples_differ(scored, (split,))
    same = counts.pop() if comparable else None
    columns = [
        Column("model", least=40),
        *([] if same else [Column(f"{split} n")]),
        Column(f"{same or ''} {split} accuracy".lstrip(), ESTIMATE),
        Column(title_of("f1_weighted"), ESTIMATE),
        Column(title_of("f1_macro"), ESTIMATE, spare=2),
        Column("seconds", _NUMBER),
        Column("MiB", _NUMBER, spare=3),
        Column("million parameters", _MILLIONS, spare=1),
        Column("million trained", _MILLIONS, spare=4),
        Column("epochs", _NUMBER),
    ]
    rows = [row for group in groups if (row := _row(group, split, trained, same)) is not None]
    notes = _notes({len(group) for group in groups})
    return Table(columns, rows, notes if same else [DIFFERENT_SAMPLES, *notes])


def _samples(group: Sequence[Run], split: str) -> str:
    """Return how many samples the scores of a model's seeds are of, or the least and the most."""
    supports = [int(run.metrics[split]["support"]) for run in group]
    return "-".join(map(str, dict.fromkeys((min(supports), max(supports)))))


def _row(
    group: Sequence[Run], split: str, trained: Mapping[Key, Training | None], same: str | None
) -> list[Any] | None:
    try:
        scores = estimate_scores(group, split, _SCORES)
    except (ArtifactError, KeyError) as error:
        log.warning("%s is left out: %s", group[0].folder, error)
        return None
    bills = [_bill(run, trained) for run in group]
    title = titled(group[0].name, {"leaky": any(run.leaky for run in group)})
    return [
        title,
        *([] if same else [_samples(group, split)]),
        *scores,
        *(
            _over(bills, part)
            for part in (
                lambda bill: bill.seconds,
                lambda bill: None if bill.memory is None else bill.memory / _MIB,
                lambda bill: bill.parameters / _MILLION,
                lambda bill: bill.trained / _MILLION,
                lambda bill: bill.epochs,
            )
        ),
    ]


def _over(
    bills: Sequence[Bill | None], part: Callable[[Bill], float | None]
) -> tuple[float, float | None] | None:
    """Return mean and standard deviation over seeds; None where one of them has not noted it."""
    values = [None if bill is None else part(bill) for bill in bills]
    known = [float(value) for value in values if value is not None]
    if len(known) < len(values):
        return None
    return statistics.fmean(known), statistics.stdev(known) if len(known) > 1 else None


def _is_trained(run: Run) -> bool:
    return run.stage == "train"


def _key(folder: Path) -> Key:
    about = read_metadata(folder / "predictions.parquet")
    return about.name, about.config_hash


def _bill(run: Run, trained: Mapping[Key, Training | None]) -> Bill | None:
    """Return what a run has cost; None where it, or a member of it, has not noted that."""
    try:
        keys = [_key(run.folder)] if _is_trained(run) else _member_keys(run)
    except (DataError, ArtifactError) as error:
        log.warning("%s: what its members have cost is unknown: %s", run.folder, error)
        return None
    trainings = {key: trained.get(key) for key in keys}
    spent: dict[Key, Spent] = {}
    costs = []
    for key, training in trainings.items():
        if training is None or training.cost is None:
            return None
        costs.append(training.cost)
        spent |= training.starts
        before = sum(start.epochs for start in training.starts.values())
        spent[key] = Spent(training.epochs - before, training.cost.seconds)
    memory = [cost.memory for cost in costs if cost.memory is not None]
    return Bill(
        seconds=sum(one.seconds or 0.0 for one in spent.values()),
        memory=max(memory) if memory else None,
        parameters=sum(cost.parameters for cost in costs),
        trained=sum(cost.trained for cost in costs),
        epochs=sum(one.epochs for one in spent.values()),
    )


def _member_keys(run: Run) -> list[Key]:
    metadata = [read_metadata(file) for file in member_files(run.folder).values()]
    return [(about.name, about.config_hash) for about in metadata]


def _notes(seeds: set[int]) -> list[str]:
    counts = "-".join(map(str, sorted({min(seeds), max(seeds)})))
    uncertainty = (
        "95 % intervals of one run (Wilson; bootstrap for F1)"
        if seeds == {1}
        else f"mean ± standard deviation over {counts} seeds"
    )
    costs = (
        "Seconds and epochs are those of training, with the runs that a model started from and all "
        "members of a fusion, each once; MiB: the most that one training took"
    )
    return [f"{uncertainty}. {costs}"]


def _shown(decimals: int) -> Format:
    return Format(
        lambda value: f"{value[0]:.{decimals}f}",
        {"": lambda value: value[0], " sd": lambda value: value[1]},
    )


_NUMBER, _MILLIONS = _shown(0), _shown(2)
