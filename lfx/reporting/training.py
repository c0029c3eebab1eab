"""What a training run is reported by: tables, pictures, and what its logger gets at the end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lfx.evaluation.unpredicted import unpredicted_classes
from lfx.reporting.classes import show_classes
from lfx.reporting.diagnostics import report_run_embeddings
from lfx.reporting.errors import log_errors, report_errors
from lfx.reporting.folds import report_folds
from lfx.reporting.score_columns import print_scores
from lfx.reporting.tracking.training import log_trained
from lfx.runs.carry_out import CrossValidated
from lfx.runs.files import BEST, PHASE_1
from lfx.training.logged import log_result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lfx.artifacts.predictions import Predictions
    from lfx.runs.plan import RunPlan, Trained

log = logging.getLogger("lfx.train")


def report_model(plan: RunPlan, trained: Trained) -> None:
    """Write what a model's folder has for people, and send its metrics to its logger."""
    context, predictions = trained.context, trained.predictions
    if predictions is not None:
        if trained.fold is None:
            for sentence in unpredicted_classes(predictions):
                log.warning(sentence)
        report_errors(predictions, context.run, context.logger)
        log_errors(predictions, context.logger)
        log_trained(plan, trained)
    show_classes(context.table, plan.dataset.name, context.run)
    report_run_embeddings(plan, trained)
    log_result(context.logger, plan.settings, trained.metrics)
    if predictions is None:
        encoder = context.run / PHASE_1 / BEST
        log.info("phase 1 alone predicts nothing\nencoder: %s", encoder)


def report_predictions(predictions: Predictions, metrics: Mapping[str, Any], run: Path) -> None:
    """Print how well an applied model predicts, where there are labels."""
    if metrics:
        print_scores({predictions.metadata.name: metrics})
    for sentence in unpredicted_classes(predictions):
        log.warning(sentence)
    log.info("%d predictions: %s", len(predictions.label), run / "predictions.parquet")


def report_run(plan: RunPlan, run: Path, trained: Trained | CrossValidated) -> None:
    """Print what a run has led to: one model's scores, or those of each fold and their mean."""
    if isinstance(trained, CrossValidated):
        show_classes(trained.table, plan.dataset.name, run)
        report_folds(trained.parts, plan.name, run)
        log.info("run: %s", run)
    elif trained.predictions is not None:
        print_scores({plan.name: trained.metrics})
        log.info("predictions: %s\nrun: %s", plan.published, run)
