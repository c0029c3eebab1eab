"""Files as artifacts of W&B: what a run has produced, and what it has consumed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.training.logged import shows_tables, wandb_run

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

log = logging.getLogger(__name__)

PREDICTIONS, MODEL, FUSION = "predictions", "model", "fusion"
PREDICTIONS_FILE = "predictions.parquet"
_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 128  # characters of W&B's names
_SHORT = 12  # characters of a digest, which is an artifact's alias too


@dataclass(frozen=True)
class Produced:
    """Files that a run has made.

    Attributes:
        name: the artifact's, as `artifact_name` makes it.
        kind: `predictions`, `model` or `fusion`.
        files: name within the artifact → path. They are not copied: W&B reads them when the run is
            sent.
        metadata: what W&B shows of it.
    """

    name: str
    kind: str
    files: Mapping[str, Path]
    metadata: Mapping[str, Any] = field(default_factory=dict)


def artifact_name(data: str, name: str, *further: str) -> str:
    """Return what W&B calls an artifact.

    Example:
        >>> artifact_name("demo", "my text", "model")
        'demo-my_text-model'
    """
    return _NAME.sub("_", "-".join([data, name, *further]))[:_LONGEST]


def log_artifact(logger: Logger | None, produced: Produced) -> None:
    """Send files to W&B, the newest version of their name; other loggers get nothing."""
    if shows_tables(logger):
        artifact = _artifact(produced)
        wandb_run(logger).log_artifact(artifact, aliases=["latest", artifact.digest[:_SHORT]])


def log_consumed(logger: Logger | None, consumed: Mapping[str, Produced]) -> None:
    """Note in W&B what a run was made from; other loggers get nothing.

    Name and digest of each are in the run's config as `consumed`. Online, the run also uses the
    artifact where W&B has it, which draws the lineage.

    Args:
        logger: None: nothing happens.
        consumed: role, such as a member's name → the files, as the run that made them logged them.
    """
    if not shows_tables(logger) or not consumed:
        return
    run, notes = wandb_run(logger), {}
    for role, produced in consumed.items():
        digest = _artifact(produced).digest
        files = [str(file) for file in produced.files.values()]
        notes[role] = {"artifact": produced.name, "digest": digest, "files": files}
        if not run.offline and not run.disabled:
            _use(run, f"{produced.name}:{digest[:_SHORT]}")
    run.config.update({"consumed": notes}, allow_val_change=True)


def _use(run: Any, artifact: str) -> None:
    import wandb

    try:
        run.use_artifact(artifact)
    except (wandb.Error, ValueError) as error:
        log.warning("W&B has no artifact %s, so it draws no lineage: %s", artifact, error)


def _artifact(produced: Produced) -> Any:
    import wandb

    artifact = wandb.Artifact(produced.name, produced.kind, metadata=dict(produced.metadata))
    for name, file in sorted(produced.files.items()):
        artifact.add_file(str(file.resolve()), name=name, policy="immutable", skip_cache=True)
    return artifact


def _run(logger: Any) -> Any:
    return logger.experiment
