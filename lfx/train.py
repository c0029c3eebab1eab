"""`python -m lfx.train`: train one modality's model and save what it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.configuration.stages import TrainConfig
from lfx.configuration.typed import config_hash, plain
from lfx.launch.entry import Job, run_stage

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable
    from lfx.modalities.classifier import Classifier
    from lfx.modalities.compute import Compute
    from lfx.modalities.training import Training

# What may differ between a run and the one that resumes it.
_NO_PART_OF_THE_RESULT = ("ckpt", "logger", "artifacts")


def train(config: TrainConfig, job: Job) -> None:
    """Train, predict, evaluate, publish."""
    import logging

    from lfx.artifacts.assemble import assemble
    from lfx.artifacts.parquet import publish, write_predictions
    from lfx.evaluation.splits import evaluate_splits
    from lfx.modalities.checkpoints import load_classifier, require_same_data, resume_from
    from lfx.modalities.prediction import predict
    from lfx.modalities.training import fit
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
    compute = _compute(config)
    cache_dir = require_folder(config.data.cache_dir, "data.cache_dir")
    published = require_folder(config.artifacts.dir, "artifacts.dir") / f"{config.name}.parquet"
    table = _samples(config, cache_dir)

    seed_all(config.seed)
    classifier = build_classifier(config, table)
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
    logger = build_logger(
        settings["logger"],
        stage="train",
        name=config.name,
        folder=job.folder,
        overrides=job.overrides,
        sweep=job.sweep,
    )
    best = fit(
        classifier,
        table,
        _training(config),
        compute,
        run=job.folder,
        cache_dir=cache_dir,
        augmentation=settings["modality"].get("augmentation"),
        logger=logger,
        resume=None if resume is None else resume.file,
    )
    classifier, _ = load_classifier(best)
    rows = [row for split in config.artifacts.splits for row in table.rows(split)]
    logits = predict(classifier, table, rows, compute, run=job.folder, cache_dir=cache_dir)
    predictions = assemble(
        table,
        rows,
        logits,
        modality=classifier.modality,
        name=config.name,
        seed=config.seed,
        config_hash=config_hash(shaping),
    )
    artifact = job.folder / "predictions.parquet"
    write_predictions(artifact, predictions)
    metrics = evaluate_splits(predictions)
    write_json(job.folder / "metrics.json", metrics)
    publish(artifact, published)
    log_result(logger, settings, metrics)
    print_scores({config.name: metrics})
    log.info("predictions: %s\nrun: %s", published, job.folder)


def _samples(config: TrainConfig, cache_dir: Any) -> SampleTable:
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


def _compute(config: TrainConfig) -> Compute:
    import torch

    from lfx.modalities.compute import Compute, choose_precision
    from lfx.runtime.device import resolve_device

    own = config.trainer
    if own.threads is not None:
        torch.set_num_threads(own.threads)
    device = resolve_device(own.device, "trainer.device")
    precision = choose_precision(own.precision.name, device)
    return Compute(device, precision, batch_size=own.batch_size, workers=own.workers)


def _training(config: TrainConfig) -> Training:
    from lfx.modalities.training import Training

    own = config.trainer
    return Training(
        max_epochs=own.max_epochs,
        patience=own.patience,
        min_delta=own.min_delta,
        clip_norm=config.modality.optimizer.clip_norm,
        progress=own.progress,
    )


def build_classifier(config: TrainConfig, table: SampleTable) -> Classifier:
    """Build the classifier that a config describes, with its weights.

    Args:
        config: the stage's settings.
        table: the samples; its train split gives class weights and, for an encoder without
            weights, the tokenizer.
    """
    from lfx.encoders.encoder import choose_trainable
    from lfx.modalities.classifier import balanced_class_weights, classifier_class
    from lfx.modalities.optimization import Optimization

    own = config.modality
    kind = classifier_class(own._target_)
    train = table.rows("train")
    encoder = kind.build_encoder(plain(config.encoder), [table.texts[row] for row in train])
    choose_trainable(encoder, config.encoder.trainable.name, config.encoder.trainable_blocks)
    weights = None
    if own.objective.class_weights.name == "balanced":
        weights = balanced_class_weights(table.class_counts(train))
    return kind(
        encoder,
        classes=table.classes,
        dropout=own.dropout,
        optimization=Optimization(
            learning_rate=own.optimizer.learning_rate,
            head_learning_rate=own.optimizer.head_learning_rate,
            weight_decay=own.optimizer.weight_decay,
            warmup=own.schedule.warmup,
            decay=own.schedule.decay.name,
        ),
        label_smoothing=own.objective.label_smoothing,
        class_weights=weights,
        seed=config.seed,
    )


def main() -> None:
    """Run the stage from the command line."""
    run_stage("train", TrainConfig, train)


if __name__ == "__main__":
    main()
