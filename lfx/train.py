"""`python -m lfx.train`: train one modality's model and save what it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.configuration.stages import TrainConfig
from lfx.configuration.typed import config_hash, plain
from lfx.launch.entry import Job, run_stage

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.artifacts.predictions import Predictions
    from lfx.data.samples import SampleTable
    from lfx.modalities.checkpoints import Resumption
    from lfx.modalities.classifier import Classifier
    from lfx.modalities.surroundings import Outcome, Surroundings

# What may differ between a run and the one that resumes it.
_NO_PART_OF_THE_RESULT = ("ckpt", "logger", "artifacts")


def train(config: TrainConfig, job: Job) -> None:
    """Train, predict, evaluate, publish."""
    import logging

    from lfx.artifacts.parquet import publish, write_predictions
    from lfx.evaluation.splits import evaluate_splits
    from lfx.modalities.build import build_classifier, build_compute, prepare_phases
    from lfx.modalities.checkpoints import (
        BEST,
        PHASE_1,
        require_same_data,
        resume_from,
    )
    from lfx.modalities.phase_1 import adopt_phase_1
    from lfx.modalities.surroundings import Surroundings
    from lfx.reporting.loggers import build_logger, log_result
    from lfx.reporting.table import print_scores
    from lfx.runtime.files import require_folder, write_json
    from lfx.runtime.seeding import seed_all

    log = logging.getLogger("lfx.train")
    settings = plain(config)
    shaping = {key: value for key, value in settings.items() if key not in _NO_PART_OF_THE_RESULT}
    alone = job.sweep is None
    resume = None
    if config.ckpt is not None:
        resume = resume_from(config.ckpt, job.folder, shaping, siblings=alone)
    phase_1 = prepare_phases(config, job.folder)
    compute = build_compute(config.trainer)
    cache_dir = require_folder(config.data.cache_dir, "data.cache_dir")
    published = require_folder(config.artifacts.dir, "artifacts.dir") / f"{config.name}.parquet"
    table = _samples(config, cache_dir)

    seed_all(config.seed)
    classifier = build_classifier(config, table, phase_1)
    classifier.provenance = {
        "name": config.name,
        "seed": config.seed,
        "settings": shaping,
        "config_hash": config_hash(shaping),
        "data_fingerprint": table.data_fingerprint(),
        "split_fingerprint": table.split_fingerprint(),
        "splits": dict(zip(table.ids, table.splits, strict=True)),
    }
    if resume is not None:
        require_same_data(resume, classifier.provenance)
    if phase_1 is not None:
        adopt_phase_1(phase_1, table, config.data.name, job.folder)
    logger = build_logger(
        settings["logger"],
        stage="train",
        name=config.name,
        folder=job.folder,
        overrides=job.overrides,
        sweep=job.sweep,
    )
    augmentation = settings["modality"].get("augmentation")
    around = Surroundings(table, compute, job.folder, cache_dir, augmentation, logger)
    outcome = _fit(config, classifier, around, resume)
    if outcome.best is None:
        _look_at_embeddings(config, around, outcome)
        log_result(logger, settings, {})
        log.info("phase 1 alone predicts nothing\nencoder: %s", job.folder / PHASE_1 / BEST)
        return
    predictions = _predict(config, around, outcome.best, config_hash(shaping))
    artifact = job.folder / "predictions.parquet"
    write_predictions(artifact, predictions)
    metrics = evaluate_splits(predictions)
    write_json(job.folder / "metrics.json", metrics)
    publish(artifact, published)
    _look_at_embeddings(config, around, outcome)
    log_result(logger, settings, metrics)
    print_scores({config.name: metrics})
    log.info("predictions: %s\nrun: %s", published, job.folder)


def _fit(
    config: TrainConfig, classifier: Classifier, around: Surroundings, resume: Resumption | None
) -> Outcome:
    """Train in one phase or in two, as the modality is."""
    from lfx.modalities.build import build_plan, build_training
    from lfx.modalities.contrastive import ContrastiveClassifier
    from lfx.modalities.training import fit
    from lfx.modalities.two_phases import fit_two_phases

    if not isinstance(classifier, ContrastiveClassifier):
        file = None if resume is None else resume.file
        return fit(classifier, build_training(config), around, file)
    return fit_two_phases(classifier, build_plan(config, around.table), around, resume)


def _predict(config: TrainConfig, around: Surroundings, best: Path, settings: str) -> Predictions:
    """Let the best model predict the samples that the artifact has."""
    from lfx.artifacts.assemble import assemble
    from lfx.modalities.checkpoints import load_classifier
    from lfx.modalities.prediction import predict

    table = around.table
    classifier, _ = load_classifier(best)
    rows = [row for split in config.artifacts.splits for row in table.rows(split)]
    return assemble(
        table,
        rows,
        predict(
            classifier, table, rows, around.compute, run=around.run, cache_dir=around.cache_dir
        ),
        modality=classifier.modality,
        name=config.name,
        seed=config.seed,
        config_hash=settings,
    )


def _samples(config: TrainConfig, cache_dir: Path) -> SampleTable:
    from pathlib import Path

    from lfx.configuration.build import build
    from lfx.data.prepare import SplitPlan, load_labelled
    from lfx.data.samples import Source

    data = config.data
    plan = SplitPlan(
        kind=data.split.name,
        seed=data.split_seed,
        stratify=data.stratify,
        file=None if data.split_file is None else Path(data.split_file),
    )
    source = build(data.source, "data.source", Source)
    return load_labelled(
        source, plan, drop_bad=data.on_bad_sample.name == "drop", cache_dir=cache_dir
    )


def _look_at_embeddings(config: TrainConfig, around: Surroundings, outcome: Outcome) -> None:
    import numpy as np

    from lfx.configuration.contrastive import ContrastiveConfig
    from lfx.modalities.loaders import labels_of
    from lfx.reporting.diagnostics import Look, report_embeddings

    if not isinstance(config.modality, ContrastiveConfig):
        return
    own, table = config.modality.diagnostics, around.table
    train, val = (np.array(labels_of(table, table.rows(split))) for split in ("train", "val"))
    report_embeddings(
        {moment: (one.train, one.val) for moment, one in outcome.moments.items()},
        train,
        val,
        Look(own.neighbours, own.picture.name, config.seed),
        classes=table.classes,
        folder=around.run,
        logger=around.logger,
    )


def collect(sweep: Path) -> None:
    """Write every job into a table; print one row a kind of run, averaged over its seeds."""
    from lfx.reporting.summary import log_sweep, summarise_sweep

    log_sweep(summarise_sweep(sweep))


def main() -> None:
    """Run the stage from the command line."""
    run_stage("train", TrainConfig, train, collect=collect)


if __name__ == "__main__":
    main()
