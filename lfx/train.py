"""`python -m lfx.train`: train one modality's model and save what it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.command.entry import Job, run_stage
from lfx.configuration.train import TrainConfig
from lfx.configuration.typed import config_hash, plain

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping
    from pathlib import Path

    from lfx.artifacts.predictions import Predictions
    from lfx.data.dataset import Dataset
    from lfx.modalities.crossvalidation import FoldState
    from lfx.modalities.start import Start
    from lfx.modalities.surroundings import Surroundings


def train(config: TrainConfig, job: Job) -> None:
    """Train, predict, evaluate, publish."""
    from lfx.configuration.build import build
    from lfx.data.build import build_paraphrases
    from lfx.data.dataset import Dataset
    from lfx.modalities.build import build_compute, prepare_phases
    from lfx.modalities.provenance import shaping_settings
    from lfx.modalities.start import Start, find_resumption
    from lfx.modalities.surroundings import Surroundings
    from lfx.reporting.score_columns import print_scores
    from lfx.runtime.files import require_folder

    dataset: Dataset = build(config.data, "data", Dataset)
    shaping, alone = shaping_settings(config), job.sweep is None
    resume, states = find_resumption(
        config.ckpt, _folds(config), job.folder, shaping, config_hash(shaping), siblings=alone
    )
    start = Start(
        resume,
        prepare_phases(config, job.folder, resumed=resume is not None),
        paraphrases=build_paraphrases(config.paraphrases),
    )
    compute = build_compute(config.trainer)
    cache_dir = dataset.cache
    require_folder(config.artifacts.dir, "artifacts.dir")
    table = dataset.labelled()
    augmentation = plain(config)["modality"].get("augmentation")
    around = Surroundings(table, compute, job.folder, cache_dir, augmentation)
    if config.data.folds is not None:
        _cross_validate(config, dataset, job, around, start, states)
        return
    metrics = _train_model(config, job, around, start)
    if metrics is not None:
        print_scores({config.name: metrics})
        _log().info("predictions: %s\nrun: %s", _published(config), job.folder)


def _folds(config: TrainConfig) -> list[int]:
    """Give the folds whose models this run trains."""
    own = config.data.fold
    return list(range(config.data.folds or 0)) if own is None else [own]


def _published(config: TrainConfig) -> Path:
    from pathlib import Path

    return Path(config.artifacts.dir) / f"{config.name}.parquet"


def _log() -> logging.Logger:
    import logging

    return logging.getLogger("lfx.train")


def _train_model(
    config: TrainConfig, job: Job, around: Surroundings, start: Start
) -> dict[str, Any] | None:
    """Train one model; leave checkpoints, predictions and metrics in its folder, and publish them.

    A fold's predictions are published with those of the others.

    Returns:
        The metrics; None where phase 1 alone was trained, which predicts nothing.
    """
    from dataclasses import replace

    from lfx.artifacts.parquet import publish, write_predictions
    from lfx.evaluation.splits import evaluate_splits
    from lfx.evaluation.unpredicted import unpredicted_classes
    from lfx.modalities.build import build_classifier, prepare_phases
    from lfx.modalities.checkpoints import BEST, PHASE_1
    from lfx.modalities.fitting import fit_model
    from lfx.modalities.phase_1 import adopt_phase_1
    from lfx.modalities.provenance import provenance_of
    from lfx.modalities.start import same_data_or_anew
    from lfx.reporting.classes import show_classes
    from lfx.reporting.diagnostics import look_at_embeddings
    from lfx.reporting.errors import look_at_errors
    from lfx.reporting.loggers import build_logger, log_result
    from lfx.runtime.files import write_json
    from lfx.runtime.seeding import seed_all

    table, settings = around.table, plain(config)
    paraphrases = start.paraphrases
    provenance = provenance_of(config, table, paraphrases)
    resume, phase_1 = same_data_or_anew(config.ckpt, start.resume, provenance), start.phase_1
    if resume is None and start.resume is not None:  # nor with the run's own copy of phase 1
        phase_1 = prepare_phases(config, around.run, resumed=False)
    seed_all(config.seed)
    classifier = build_classifier(config, table, phase_1)
    classifier.provenance = provenance
    if phase_1 is not None:
        adopt_phase_1(phase_1, table, config.data.name, around.run)
    fold = () if start.fold is None else (f"data.fold={start.fold}",)
    logger = build_logger(
        settings["logger"],
        stage="train",
        name=config.name,
        folder=around.run,
        overrides=(*job.overrides, *fold),
        sweep=job.folder if fold and job.sweep is None else job.sweep,
    )
    around = replace(around, logger=logger)
    training = around if paraphrases is None else replace(around, table=paraphrases.applied(table))
    outcome = fit_model(config, classifier, training, resume)
    metrics = None
    if outcome.best is not None:
        predictions = _predict(config, around, outcome.best, start)
        write_predictions(around.run / "predictions.parquet", predictions)
        metrics = evaluate_splits(predictions)
        write_json(around.run / "metrics.json", metrics)
        if start.fold is None:
            for sentence in unpredicted_classes(predictions):
                _log().warning(sentence)
            publish(around.run / "predictions.parquet", _published(config))
        look_at_errors(predictions, around.run, logger)
    show_classes(table, config.data.name, around.run)
    look_at_embeddings(config, training, outcome)
    log_result(logger, settings, metrics or {})
    if metrics is None:
        encoder = around.run / PHASE_1 / BEST
        _log().info("phase 1 alone predicts nothing\nencoder: %s", encoder)
    return metrics


def _cross_validate(
    config: TrainConfig,
    dataset: Dataset,
    job: Job,
    around: Surroundings,
    start: Start,
    states: Mapping[int, FoldState],
) -> None:
    """Train the folds' models that are not there yet, and put together what they predict."""
    from dataclasses import replace

    from lfx.artifacts.folds import merge_folds, publish_fold
    from lfx.artifacts.parquet import read_predictions, write_predictions
    from lfx.modalities.crossvalidation import (
        FoldRecord,
        FoldState,
        fold_folder,
        forget,
        note_done,
    )
    from lfx.modalities.provenance import shaping_settings
    from lfx.modalities.start import same_folds_or_anew
    from lfx.reporting.classes import show_classes
    from lfx.reporting.folds import report_folds

    table = around.table
    folds = dataset.deal_folds(table)
    record = FoldRecord(
        config_hash(shaping_settings(config)),
        table.data_fingerprint(),
        folds.fingerprint,
        None if start.paraphrases is None else start.paraphrases.fingerprint(),
    )
    states = same_folds_or_anew(config.ckpt, states, record)
    if not states:
        for fold in _folds(config):
            forget(fold_folder(job.folder, fold))
    show_classes(table, dataset.name, job.folder)
    parts = {}
    for fold in _folds(config):
        folder, state = fold_folder(job.folder, fold), states.get(fold, FoldState())
        if state.record is None:
            own = replace(around, table=folds.tables[fold], run=folder)
            sizes = [f"{len(own.table.rows(part))} {part}" for part in ("train", "val", "oof")]
            _log().info("fold %d: %s", fold, ", ".join(sizes))
            begun = replace(
                start, resume=state.resume, fold=fold, split_fingerprint=folds.fingerprint
            )
            _train_model(config, job, own, begun)
            note_done(folder, record)
        parts[fold] = read_predictions(folder / "predictions.parquet")
    write_predictions(job.folder / "predictions.parquet", merge_folds(parts))
    report_folds(parts, config.name, job.folder)
    published = _published(config)
    if dataset.fold is not None:  # the other folds are other runs'
        parts = publish_fold(published.with_suffix(".folds"), dataset.fold, parts[dataset.fold])
    lacking = sorted(set(range(len(folds.tables))) - set(parts))
    if lacking:
        told = ", ".join(map(str, lacking))
        _log().info("folds that are not there yet: %s; the last one publishes all", told)
    else:
        write_predictions(published, merge_folds(parts))
        _log().info("predictions: %s", published)
    _log().info("run: %s", job.folder)


def _predict(config: TrainConfig, around: Surroundings, best: Path, start: Start) -> Predictions:
    """Let the best model predict the samples that the artifact has."""
    from lfx.artifacts.assemble import assemble
    from lfx.artifacts.folds import in_fold
    from lfx.data.split_names import OOF
    from lfx.modalities.checkpoints import load_classifier
    from lfx.modalities.prediction import predict
    from lfx.modalities.provenance import shaping_settings

    table = around.table
    classifier, _ = load_classifier(best, trusted=config.modality._target_)
    splits = config.artifacts.splits if start.fold is None else [OOF, "test"]
    rows = [row for split in splits for row in table.rows(split)]
    logits = predict(
        classifier, table, rows, around.compute, run=around.run, cache_dir=around.cache_dir
    )
    predictions = assemble(
        table,
        rows,
        logits,
        modality=classifier.modality,
        name=config.name,
        seed=config.seed,
        config_hash=config_hash(shaping_settings(config)),
    )
    if start.fold is None:
        return predictions
    return in_fold(predictions, start.fold, start.split_fingerprint)


def collect(sweep: Path) -> None:
    """Write every job into a table; print one row a kind of run, averaged over its seeds."""
    from lfx.reporting.summary import log_sweep, summarise_sweep

    log_sweep(summarise_sweep(sweep))


def main() -> None:
    """Run the stage from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "train",
        TrainConfig,
        train,
        collect=collect,
        prepare=take_further_scores,
    )


if __name__ == "__main__":
    main()
