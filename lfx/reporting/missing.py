"""How the models of a folder fare when samples lack a column: each is restored once.

A model says the same of a sample whichever samples stand beside it. So it predicts all samples once
without each column that it reads, and every share of missing content is put together from that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from lfx.artifacts.parquet import read_metadata, read_predictions
from lfx.artifacts.predictions import softmax
from lfx.data.missing import uniform_numbers
from lfx.evaluation.reported import reported_split
from lfx.fusion.weights import InvalidWeightsError, Weights
from lfx.reporting.answers import Answering, Answers, Model, WeightedMean, score_with_fallback
from lfx.reporting.member_files import member_files
from lfx.reporting.missing_points import Point
from lfx.runs.apply import Applied
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.files import BEST, FOLDER
from lfx.runs.predictions import is_of_training
from lfx.runtime.errors import CheckpointError, DataError, RecordError
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from lfx.data.dataset import Dataset
    from lfx.data.samples import SampleTable
    from lfx.runs.checkpoint_content import Checkpoint
    from lfx.runs.find import Run
    from lfx.training.compute import Compute

log = logging.getLogger(__name__)

_CLOSE = 1e-4  # of probabilities that a file keeps as float32 logits


@dataclass(frozen=True, eq=False)
class Scored:
    """The samples that models are scored on.

    Attributes:
        split: that they are of.
        ids: (samples,).
        labels: (samples,) class indices.
        fallback: the most frequent class of the train split.
    """

    split: str
    ids: list[str]
    labels: npt.NDArray[np.int64]
    fallback: int


def score_without(
    runs: Sequence[Run],
    dataset: Dataset,
    shares: Sequence[float],
    compute: Compute,
    folder: Path,
    *,
    trusted: Collection[str] = (),
) -> tuple[str, list[Point]]:
    """Score models and fusions on samples some of which lack a column.

    The samples that lack it are those of `data.missing.COLUMN=SHARE`.

    Args:
        runs: of one seed, oldest first; of several of one name the newest is taken.
        dataset: on which they were trained.
        shares: of the samples that lack the column, in 0..1.
        compute: on what models run.
        folder: the report's.
        trusted: classes from outside of lfx that checkpoints may name.

    Returns:
        The split that is scored, and a point for each model, column and share.

    Raises:
        DataError: no model among them can be scored, or they were trained on other data or splits.
    """
    runs = list({(one.stage, one.name): one for one in runs}.values())
    trained = [one for one in runs if one.stage == "train" and _checkpoint(one).is_file()]
    if not trained:
        raise DataError("missing=: there is no completed training run below runs= on these data")
    if len({one.split_fingerprint for one in trained}) > 1:
        raise DataError("missing= is of runs on one split; give the folder of one seed: runs=…")
    table = dataset.any()
    scored = _scored(trained, table)
    models: dict[str, Answering] = {}
    for one in trained:
        try:
            models[one.name] = _model(one, scored, dataset, table, compute, folder, trusted)
        except CheckpointError as error:
            log.warning("%s is left out of the curves: %s", one.folder, error)
    if not models:
        raise DataError("missing=: no model below runs= can be restored; the warnings say why")
    columns = sorted({name for one in models.values() for name in getattr(one, "without", {})})
    fusions = [_fusion(one, models, scored) for one in runs if one.stage == "fuse"]
    everyone = [*models.values(), *(one for one in fusions if one is not None)]
    return scored.split, [
        _point(one, column, share, scored, dataset.missing_seed)
        for one in everyone
        for column in columns
        for share in sorted({0.0, *shares})
    ]


def _point(who: Answering, column: str, share: float, scored: Scored, seed: int) -> Point:
    taken = uniform_numbers(scored.ids, f"{seed} {column}") < share
    answers = who.answers(column, taken)
    scores = score_with_fallback(answers, scored.labels, scored.fallback)
    kept = {key: value for key, value in scores.items() if key != "support"}
    unanswered = int((~answers.given).sum())
    return Point(who.name, column, share, len(scored.ids), int(taken.sum()), unanswered, kept)


def _checkpoint(run: Run) -> Path:
    return run.folder / FOLDER / BEST


def _scored(runs: Sequence[Run], table: SampleTable) -> Scored:
    """Return the labelled samples of the reported split that any of the runs has predicted."""
    split = reported_split({split for run in runs for split in run.splits}) or "test"
    labels: dict[str, int] = {}
    for run in runs:
        predictions = read_predictions(run.folder / "predictions.parquet")
        rows = predictions.rows(split) & (predictions.label >= 0)
        labels |= dict(
            zip(predictions.sample_id[rows], predictions.label[rows].tolist(), strict=True)
        )
    checkpoint = read_checkpoint(_checkpoint(runs[0]), "runs")
    splits = checkpoint.provenance.splits
    table = table.with_classes(checkpoint.classes)
    train = [row for row, name in enumerate(table.ids) if splits.get(name) == "train"]
    ids = sorted(labels)
    numbers = np.array([labels[name] for name in ids], dtype=np.int64)
    return Scored(split, ids, numbers, int(np.argmax(table.class_counts(train))))


def _model(
    run: Run,
    scored: Scored,
    dataset: Dataset,
    table: SampleTable,
    compute: Compute,
    folder: Path,
    trusted: Collection[str],
) -> Model:
    predictions = read_predictions(run.folder / "predictions.parquet")
    rows = predictions.rows(scored.split)
    complete = Answers.of(
        predictions.sample_id[rows].tolist(), predictions.logits[rows], scored.ids
    )
    columns, nothing = sorted(predictions.metadata.columns), predictions.logits[:0]
    without = {name: Answers.of([], nothing, scored.ids) for name in columns}
    if len(columns) > 1:
        checkpoint = read_checkpoint(_checkpoint(run), "runs")
        _require_same_data(run, checkpoint, table)
        applied = Applied.of(checkpoint, dataset, table, trusted)
        for name in columns:
            log.info("%s predicts the %s samples without %s", run.name, scored.split, name)
            ids, logits = applied.without(name, scored.split, compute, folder)
            without[name] = Answers.of(ids, logits, scored.ids)
    return Model(run.name, complete, without)


def _require_same_data(run: Run, checkpoint: Checkpoint, table: SampleTable) -> None:
    known = table.with_classes(checkpoint.classes)
    has_columns = checkpoint.provenance.columns.keys() <= table.columns.keys()
    if not (has_columns and is_of_training(known, checkpoint.provenance)):
        raise DataError(
            f"{run.folder} was trained on other data than data={run.data} now has; give the data "
            "set, its root and its settings as in training"
        )


def _fusion(run: Run, models: Mapping[str, Answering], scored: Scored) -> Answering | None:
    """Return a fusion by its weights, if they and the members explain what it predicted."""
    try:
        weights, order = _weights(read_json(run.folder / "weights.json"))
        files = member_files(run.folder)
        members = [models[read_metadata(files[name]).name] for name in order]
    except (RecordError, DataError, InvalidWeightsError, KeyError) as error:
        log.warning("%s is left out of the curves: its members or weights: %s", run.folder, error)
        return None
    fusion = WeightedMean(run.name, members, weights)
    predictions = read_predictions(run.folder / "predictions.parquet")
    places = {name: place for place, name in enumerate(scored.ids)}
    known = np.array([name in places for name in predictions.sample_id], dtype=np.bool_)
    rows = predictions.rows(scored.split) & known
    noted = softmax(predictions.logits[rows])
    complete = fusion.answers("", np.zeros(len(scored.ids), dtype=np.bool_))
    ours = complete.probabilities[[places[name] for name in predictions.sample_id[rows]]]
    if not np.allclose(noted, ours, atol=_CLOSE):
        log.warning(
            "%s is left out of the curves: it is no mean of these members by the weights in its "
            "weights.json alone",
            run.folder,
        )
        return None
    return fusion


def _weights(document: Any) -> tuple[Weights, list[str]]:
    """Return the weights per member, or per member and class, and the members' names."""
    if not isinstance(document, dict) or document.get("per") not in {"member", "class"}:
        raise RecordError("weights.json has no weights per member or class")
    members = document.get("members")
    try:
        values = torch.tensor(document.get("weights"), dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise RecordError("the weights in weights.json are no numbers") from None
    if not isinstance(members, list) or len(members) != len(values):
        raise RecordError("weights.json has not one weight for each member")
    return Weights(document["per"], values), members
