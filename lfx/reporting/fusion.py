"""What a fusion is reported by: its members, scores and weights, and where they lie."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lfx.artifacts.origins import member_warnings
from lfx.evaluation.reported import COMPLETE
from lfx.evaluation.unpredicted import unpredicted_classes
from lfx.reporting.errors import log_errors, report_errors
from lfx.reporting.incomplete import fused_from_fewer, in_words
from lfx.reporting.score_columns import print_scores
from lfx.reporting.tracking.fusion import log_fusion
from lfx.reporting.verdict import verdict_sentences
from lfx.reporting.weights import describe_calibrations, describe_search, describe_weights
from lfx.reporting.without_test import fusion_note
from lfx.training.logged import log_picture, log_result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytorch_lightning.loggers import Logger

    from lfx.artifacts.joined import JoinedMembers
    from lfx.data.samples import SampleTable
    from lfx.fusion.result import FusionResult

log = logging.getLogger("lfx.fuse")

# Characters of an ISO 8601 time.
_TO_SECONDS = 19
# The members that this process has logged.
_LOGGED: set[tuple[tuple[str, str], ...]] = set()


def log_members(joined: JoinedMembers, files: Mapping[str, str]) -> None:
    """Log each member, once for all jobs of a sweep, and what members lack.

    Args:
        joined: the members.
        files: name → where it was read.
    """
    origins = dict(zip(joined.names, joined.origins, strict=True))
    members = tuple((files[name], origin.created) for name, origin in origins.items())
    if members not in _LOGGED:
        _LOGGED.add(members)
        for name, origin in origins.items():
            made = f"{origin.name}, seed {origin.seed}, made {origin.created[:_TO_SECONDS]}"
            log.info("member %s: %s (%s)", name, files[name], made)
        for warning in member_warnings(origins):
            log.warning(warning)
    for name, counts in joined.missing().items():
        log.warning("member %s lacks %s; the others are fused there", name, in_words(counts))
    if joined.dropped:
        log.warning("samples that some member lacks are left out: %s", in_words(joined.dropped))


def send_fusion(
    result: FusionResult,
    logger: Logger | None,
    settings: Mapping[str, Any],
    run: Path,
    members: Mapping[str, str],
    *,
    table: SampleTable | None,
    draws: bool,
) -> None:
    """Send a fusion's metrics and pictures to its logger, and close it.

    Args:
        result: of the fusion.
        logger: None: metrics go nowhere.
        settings: the command's, in plain values.
        run: the run's folder.
        members: name → artifact file.
        table: the samples, whose contents W&B's table of cases shows; None: ids alone.
        draws: whether errors are drawn: in a sweep that would take longer than its jobs.
    """
    if draws:
        report_errors(result.predictions, run, logger)
    log_errors(result.predictions, logger)
    log_fusion(logger, result, run, members, str(settings["data"]), table)
    picture = run / "curve.png"
    if picture.is_file():
        log_picture(logger, "curve", picture)
    log_result(logger, settings, result.metrics)


def report_job(result: FusionResult, name: str, objective: str, value: float | None) -> None:
    """Log a job of a sweep in a line; the sweep's end reports all jobs together.

    Args:
        result: of the fusion.
        name: of the job.
        objective: what the sweep optimises.
        value: of the objective; None: it has none.
    """
    _warn_of_scheme(result)
    shown = "is not available" if value is None else f"{value:.4f}"
    if value is not None and COMPLETE in result.metrics:
        shown += f" (n = {result.metrics[objective.partition('/')[0]]['support']})"
    log.info("%s: %s %s; weights: %s", name, objective, shown, _weights(result))


def report_fusion(
    result: FusionResult, name: str, objective: str, value: float | None, run: Path
) -> None:
    """Print a fusion's scores beside the baselines', its weights, and where they lie."""
    _warn_of_scheme(result)
    if value is None and result.labelled:
        split = objective.partition("/")[0]
        log.warning("objective=%s: the members have no labelled %s rows", objective, split)
    if result.labelled:
        beside = {f"baseline: {other}": scores for other, scores in result.baselines.items()}
        notes = fused_from_fewer(result.weights_document)
        notes += fusion_note(result.metrics, result.weights_document, result.baselines)
        print_scores({name: result.metrics} | beside, objective, notes)
        if result.verdict is not None:
            for sentence in verdict_sentences(name, result.verdict.document()):
                log.info("%s", sentence)
        for sentence in unpredicted_classes(result.predictions):
            log.warning(sentence)
    else:
        fused = len(result.predictions.label)
        log.info("no labelled rows to report, no scores: %d samples fused", fused)
    document = result.weights_document
    for line in describe_calibrations(document):
        log.info("%s", line)
    log.info("weights: %s", _weights(result))
    if "search" in document:
        log.info("%s", describe_search(document))
    if "fit_folds" in document:
        log.info(
            "%s rows are fused by fits on the other %d of %d folds",
            document["fit_split"],
            document["fit_folds"] - 1,
            document["fit_folds"],
        )
    log.info("predictions: %s", run / "predictions.parquet")
    log.info("run: %s", run)


def _warn_of_scheme(result: FusionResult) -> None:
    document = result.weights_document
    if "note" in document:
        log.warning("fusion=%s: %s", document["scheme"], document["note"])


def _weights(result: FusionResult) -> str:
    return describe_weights(result.weights_document)
