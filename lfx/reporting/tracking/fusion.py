"""What a fusion's run shows in W&B beside its scores: weights, baselines, verdict, curve, cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.artifacts.parquet import read_predictions
from lfx.evaluation.scores import printed
from lfx.reporting.tracking.cases import log_cases
from lfx.reporting.tracking.predictions import consumed_predictions, log_predictions
from lfx.reporting.verdict import verdict_sentences
from lfx.reporting.weights import member_shares
from lfx.training.logged import flat_scores, log_lines, log_summary, log_table, shows_tables
from lfx.training.wandb_artifacts import (
    FUSION,
    Produced,
    artifact_name,
    log_artifact,
    log_consumed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytorch_lightning.loggers import Logger

    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable
    from lfx.fusion.result import FusionResult

_MOST_POINTS = 1000  # of a curve
_FILES = ("weights.json", "baselines.json", "verdict.json")


def log_fusion(
    logger: Logger | None,
    result: FusionResult,
    run: Path,
    members: Mapping[str, str],
    data: str,
    table: SampleTable | None,
) -> None:
    """Send what a fusion has found to W&B; other loggers, and None, get nothing.

    Args:
        logger: of the fusion's run.
        result: of the fusion.
        run: the run's folder, with its files.
        members: name → artifact file.
        data: the data set's name.
        table: the samples, whose contents are shown; None: ids alone are.
    """
    if not shows_tables(logger):
        return
    name = result.predictions.metadata.name
    log_consumed(logger, consumed_predictions(members, data))
    _log_weights(logger, result.weights_document)
    _log_baselines(logger, name, result)
    against = _log_verdict(logger, name, result)
    _log_curves(logger, result)
    read: dict[str, Predictions] = {
        member: read_predictions(Path(file)) for member, file in members.items()
    }
    log_cases(logger, result.predictions, read, table, against)
    metadata = {"scheme": result.weights_document["scheme"], "members": sorted(members)}
    log_predictions(logger, run, data, name, metadata)
    files = {file: run / file for file in _FILES if (run / file).is_file()}
    log_artifact(logger, Produced(artifact_name(data, name, "fusion"), FUSION, files, metadata))


def _log_weights(logger: Logger | None, document: Mapping[str, Any]) -> None:
    """Send the weights as a table, and as numbers that plots over a sweep's jobs can take."""
    shares = member_shares(document)
    if not shares:
        return
    per, names = document["per"], document["members"]
    if per == "class":
        cells = zip(names, document["weights"], strict=True)
        rows: list[Sequence[Any]] = [
            (name, label, weight)
            for name, row in cells
            for label, weight in zip(document["classes"], row, strict=True)
        ]
        log_table(logger, "weights", ["member", "class", "weight"], rows)
    else:
        title = "mean weight" if per == "sample" else "weight"
        log_table(logger, "weights", ["member", title], [*shares.items()])
    log_summary(logger, {f"weight/{name}": share for name, share in shares.items()})


def _log_baselines(logger: Logger | None, name: str, result: FusionResult) -> None:
    lines = {name: result.metrics, **result.baselines}
    splits = [
        split
        for split in ("val", "oof", "test")
        if any(isinstance(line.get(split), dict) for line in lines.values())
    ]
    keys = ["support", *printed()]
    rows = [
        [title, *(line.get(split, {}).get(key) for split in splits for key in keys)]
        for title, line in lines.items()
    ]
    columns = [f"{split}/{key}" for split in splits for key in keys]
    if columns:
        log_table(logger, "baselines", ["name", *columns], rows)
    shown = {
        title.partition(" (")[0]: {split: {key: of[key] for key in printed() if key in of}}
        for title, line in result.baselines.items()
        for split, of in line.items()
        if split == splits[-1]
    }
    log_summary(logger, flat_scores({"baselines": shown}))


def _log_verdict(logger: Logger | None, name: str, result: FusionResult) -> str | None:
    """Send the verdict, its sentences and its numbers; return the member that it is on."""
    if result.verdict is None:
        return None
    document = result.verdict.document()
    numbers = ("difference", "p", "corrected", "corrupted", "detectable")
    values = {f"verdict/{key}": document["all"].get(key) for key in numbers}
    sentence = "; ".join(verdict_sentences(name, document))
    log_summary(logger, {"verdict": sentence, **values})
    against: str = document["against"]
    return against


def _log_curves(logger: Logger | None, result: FusionResult) -> None:
    """Send the exact scores of all weights of two members."""
    lines = {}
    for split, curve in result.curves.items():
        middles = ((curve.edges[1:] + curve.edges[:-1]) / 2).tolist()
        step = max(1, len(middles) // _MOST_POINTS)
        key = "f1_weighted" if "f1_weighted" in curve.scores.metrics else curve.scores.metrics[0]
        heights = curve.scores.of(key).tolist()
        lines[f"{split} {key}"] = (middles[::step], heights[::step])
    if lines:
        second = result.weights_document["members"][1]
        log_lines(logger, "weight_curve", (f"weight of {second}", "score"), lines)
