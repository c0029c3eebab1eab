"""Report one run: its errors, and with its data set, the tweets that it is wrong on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lfx.artifacts.metadata import SCHEMA_VERSION
from lfx.artifacts.parquet import read_predictions
from lfx.artifacts.same_samples import are_samples_of
from lfx.evaluation.reported import reported_in_place_of_test
from lfx.reporting.case_files import write_cases
from lfx.reporting.cases import study_cases
from lfx.reporting.classes import show_classes
from lfx.reporting.errors import log_errors, report_errors
from lfx.reporting.member_files import member_files
from lfx.reporting.tracking.cases import send_cases
from lfx.reporting.written import written
from lfx.runs.status import require_status
from lfx.runtime.errors import DataError, RecordError
from lfx.runtime.figures import picture_files

if TYPE_CHECKING:
    from pathlib import Path

    from pytorch_lightning.loggers import Logger

    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable
    from lfx.runs.status import RunStatus

log = logging.getLogger(__name__)

_FUSE = "fuse"


def look_at_run(
    run: Path,
    table: SampleTable | None,
    data: str | None,
    *,
    against: str | None = None,
    shown: int = 4,
    logger: Logger | None = None,
) -> None:
    """Write tables and pictures into a run's directory, and log their paths.

    Args:
        run: the directory of a run of train, predict or fuse.
        table: the samples; None: only what needs no samples is written.
        data: the data set's name.
        against: the member that a fusion is compared with.
        shown: the number of tweets of each kind to show.
        logger: also gets the pictures, charts and cases that it can show.

    Raises:
        DataError: there is no such run, it has no labels, or the samples are not those of the run.
        ArtifactError: an artifact is damaged, or a fusion's members do not belong together.
    """
    status = _status(run)
    predictions = read_predictions(run / "predictions.parquet")
    pictures = report_errors(predictions, run, logger)
    log_errors(predictions, logger)
    if not pictures:
        raise DataError(f"run={run}: its samples have no labels, so there are no errors to report")
    files = [
        file
        for picture in pictures.values()
        for file in (picture.with_suffix(".csv"), *picture_files(picture))
    ]
    if table is not None:
        if not _are_of(predictions, table):
            raise DataError(
                f"data={data}: these are not the samples of run={run}; give the data set and the "
                "settings that it was trained with"
            )
        if not (run / "classes.csv").is_file():  # a training run's file has its splits as well
            picture = show_classes(table, str(data), run)
            files += [picture.with_suffix(".csv"), *picture_files(picture)]
    if status.stage == _FUSE and table is not None:
        study = study_cases(predictions, _members(run, predictions), table, against)
        files += write_cases(study, shown, run)
        send_cases(logger, study, table)
        log.info(
            "on %d %s samples, %s corrects %d wrong predictions of %s and corrupts %d right ones",
            study.samples,
            study.split,
            predictions.metadata.name,
            len(study.of("corrected")),
            study.against,
            len(study.of("corrupted")),
        )
        sentence = reported_in_place_of_test([study.split])
        if sentence is not None:
            log.info("%s", sentence)
    elif status.stage == _FUSE:
        log.info("data=… (and data.root=…) adds the tweets that the fusion corrected or corrupted")
    elif against is not None:
        raise DataError(f"against={against}: run={run} is not a fusion, so it has no members")
    log.info("%s", written(files))


def _are_of(predictions: Predictions, table: SampleTable) -> bool:
    """Return whether predictions are of these samples, by their fingerprint if it is comparable."""
    if predictions.metadata.fingerprint_schema == SCHEMA_VERSION:
        return table.data_fingerprint() == predictions.metadata.data_fingerprint
    return are_samples_of(predictions, table.ids.tolist(), table.labels.tolist(), table.classes)


def _status(run: Path) -> RunStatus:
    """Read the status of a run that has completed and has predictions."""
    try:
        status = require_status(run)
    except RecordError as error:
        raise DataError(f"run={run}: status.json: {error}") from error
    if status is None or not (run / "predictions.parquet").is_file():
        raise DataError(
            f"run={run} is not the directory of a run with predictions; train, predict and fuse "
            "log the directory of a run at its end"
        )
    if status.state != "completed":
        raise DataError(f"run={run} has not completed: {status.error or status.state}")
    return status


def _members(run: Path, fused: Predictions) -> dict[str, Predictions]:
    """Read the artifacts of a fusion's members."""
    files = member_files(run)
    members = {name: read_predictions(file) for name, file in files.items()}
    created = fused.metadata.created
    newer = [name for name, member in members.items() if member.metadata.created > created]
    if newer:
        log.warning(
            "these members are newer than the fusion, which may have used other predictions: %s",
            ", ".join(newer),
        )
    return members
