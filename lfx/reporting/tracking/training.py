"""What a training run leaves in W&B as artifacts: its predictions and its best checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.reporting.tracking.predictions import log_predictions
from lfx.runs.files import BEST, FOLDER
from lfx.training.logged import shows_tables
from lfx.training.wandb_artifacts import MODEL, Produced, artifact_name, log_artifact

if TYPE_CHECKING:
    from lfx.runs.plan import RunPlan, Trained


def log_trained(plan: RunPlan, trained: Trained) -> None:
    """Send a model's predictions and, unless `logger.log_model=false`, its best checkpoint."""
    logger, run, data = trained.context.logger, trained.context.run, plan.dataset.name
    if not shows_tables(logger):
        return
    fold = [] if trained.fold is None else [f"fold_{trained.fold}"]
    metadata = {"modality": plan.modality.reads, "seed": plan.seed, "training": plan.regime_name}
    log_predictions(logger, run, data, "-".join([plan.name, *fold]), metadata)
    best = trained.outcome.best
    if best is not None and plan.settings["logger"].get("log_model", True):
        name = artifact_name(data, plan.name, *fold, "model")
        files = {f"{FOLDER}/{BEST}": best}
        log_artifact(logger, Produced(name, MODEL, files, metadata))
