"""Predictions as artifacts of W&B: produced by one run, consumed by others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.artifacts.parquet import read_metadata
from lfx.training.wandb_artifacts import PREDICTIONS, Produced, artifact_name, log_artifact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytorch_lightning.loggers import Logger

_FILE = "predictions.parquet"


def log_predictions(
    logger: Logger | None, run: Path, data: str, name: str, metadata: Mapping[str, Any]
) -> None:
    """Send a run's predictions to W&B as an artifact that fusions consume."""
    files = {_FILE: run / _FILE}
    log_artifact(logger, Produced(artifact_name(data, name), PREDICTIONS, files, metadata))


def consumed_predictions(members: Mapping[str, str], data: str | None) -> dict[str, Produced]:
    """Return members' predictions as their own runs have sent them to W&B.

    Args:
        members: name → artifact file.
        data: the data set's name; None: unknown.
    """
    return {
        member: Produced(
            artifact_name(data or "data", read_metadata(Path(file)).name),
            PREDICTIONS,
            {_FILE: Path(file)},
        )
        for member, file in members.items()
    }
