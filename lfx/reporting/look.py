"""A look at one run: where it is wrong, and, with the data at hand, on which tweets."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.artifacts.parquet import read_predictions
from lfx.configuration.fuse import ON_MISSING
from lfx.reporting.case_files import write_cases
from lfx.reporting.cases import study_cases
from lfx.reporting.classes import show_classes
from lfx.reporting.errors import look_at_errors
from lfx.runtime.errors import DataError
from lfx.runtime.rundir import read_status

if TYPE_CHECKING:
    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable

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
    status = read_status(run)
    if status is None or not (run / "predictions.parquet").is_file():
        raise DataError(
            f"run={run} is no directory of a run with predictions; a run of train, predict or fuse "
            "tells its directory at its end"
        )
    if status.state != "completed":
        raise DataError(f"run={run} has not completed: {status.error or status.state}")
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
        config = OmegaConf.load(notes / "config.yaml")
        paths = OmegaConf.to_container(config.members, resolve=True)
        began_in = Path(OmegaConf.load(notes / "hydra.yaml").hydra.runtime.cwd)
    except (OSError, TypeError, OmegaConfBaseException, AttributeError) as error:
        raise DataError(f"{notes} cannot be read: {error}") from error
    if not isinstance(paths, dict):
        raise DataError(f"{notes / 'config.yaml'} names no members")
    found = {}
    for name, path in paths.items():
        if name != ON_MISSING:
            there = began_in / str(path)
            found[str(name)] = there if there.is_file() else Path(str(path))
    return found
