"""A look at one run: where it is wrong, and, with the data at hand, on which tweets."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.artifacts.parquet import read_predictions
from lfx.configuration.fuse import ON_MISSING
from lfx.reporting.case_files import write_cases
from lfx.reporting.cases import study_cases
from lfx.reporting.classes import show_classes
from lfx.reporting.errors import look_at_errors
from lfx.runtime.errors import DataError, RecordError
from lfx.runtime.records import read_yaml, resolve_references
from lfx.runtime.rundir import require_status

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable
    from lfx.runtime.rundir import RunStatus

log = logging.getLogger(__name__)

_FUSE = "fuse"


def look_at_run(
    run: Path,
    table: SampleTable | None,
    data: str | None,
    *,
    against: str | None = None,
    shown: int = 4,
) -> None:
    """Write tables and pictures into a run's directory, and say which.

    Args:
        run: the directory of a run of train, predict or fuse.
        table: the samples; None: what needs no data is looked at.
        data: the data set's name.
        against: the member that a fusion is compared with.
        shown: how many tweets of each kind are shown.

    Raises:
        DataError: there is no such run, it has no labels, or the samples are not those of the run.
        ArtifactError: an artifact is damaged, or a fusion's members do not belong together.
    """
    status = _status(run)
    predictions = read_predictions(run / "predictions.parquet")
    found = look_at_errors(predictions, run)
    if not found:
        raise DataError(f"run={run}: its samples have no labels, so nothing is right or wrong")
    written = [file.with_suffix(ending) for file in found.values() for ending in (".csv", ".png")]
    if table is not None:
        if table.data_fingerprint() != predictions.metadata.data_fingerprint:
            raise DataError(
                f"data={data}: these are not the samples that run={run} is of; give the data set "
                "and the settings that it was trained with"
            )
        if not (run / "classes.csv").is_file():  # a training's own tells of its splits as well
            picture = show_classes(table, str(data), run)
            written += [picture.with_suffix(".csv"), picture]
    if status.stage == _FUSE and table is not None:
        study = study_cases(predictions, _members(run, predictions), table, against)
        written += write_cases(study, shown, run)
        log.info(
            "of %d %s samples, %d that %s has wrong are right in %s, and %d that it has right are "
            "wrong",
            study.samples,
            study.split,
            len(study.of("mended")),
            study.against,
            predictions.metadata.name,
            len(study.of("broken")),
        )
    elif status.stage == _FUSE:
        log.info("data=… (and data.root=…) adds the tweets that the fusion mended or broke")
    elif against is not None:
        raise DataError(f"against={against}: run={run} is no fusion and has no members")
    log.info("written: %s", ", ".join(map(str, written)))


def _status(run: Path) -> RunStatus:
    """Read the status of a run that has completed and has predictions."""
    try:
        status = require_status(run)
    except RecordError as error:
        raise DataError(f"run={run}: status.json: {error}") from error
    if status is None or not (run / "predictions.parquet").is_file():
        raise DataError(
            f"run={run} is no directory of a run with predictions; a run of train, predict or fuse "
            "tells its directory at its end"
        )
    if status.state != "completed":
        raise DataError(f"run={run} has not completed: {status.error or status.state}")
    return status


def _members(run: Path, fused: Predictions) -> dict[str, Predictions]:
    """Read the artifacts that a fusion was made of."""
    files = _member_files(run / ".hydra")
    members = {name: read_predictions(file) for name, file in files.items()}
    newer = [name for name, one in members.items() if one.metadata.created > fused.metadata.created]
    if newer:
        log.warning(
            "made anew since the fusion, so that the fusion may not be of what is shown here: %s",
            ", ".join(newer),
        )
    return members


def _member_files(notes: Path) -> dict[str, Path]:
    """Read which files a fusion took; their paths are those of the folder that it ran in."""
    try:
        config, about = (read_yaml(notes / name) for name in ("config.yaml", "hydra.yaml"))
        members = config["members"]
        began_in = Path(str(about["hydra"]["runtime"]["cwd"]))
        paths = {
            name: resolve_references(config, str(path))
            for name, path in members.items()
            if name != ON_MISSING
        }
    except RecordError as error:
        raise DataError(f"{notes} does not tell the fusion's members: {error}") from error
    except (TypeError, KeyError, AttributeError):
        raise DataError(f"{notes} names no members, or no folder that it began in") from None
    there = {name: began_in / path for name, path in paths.items()}
    return {name: file if file.is_file() else Path(paths[name]) for name, file in there.items()}
