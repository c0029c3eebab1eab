"""`python -m lfx.predict`: apply a trained model to any data set, labelled or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import Job, run_stage
from lfx.configuration.predict import PredictConfig

if TYPE_CHECKING:
    from pathlib import Path


def predict(config: PredictConfig, job: Job) -> None:
    """Load a checkpoint, read the data, write the artifact."""
    import logging
    from dataclasses import replace
    from pathlib import Path

    from lfx.artifacts.assemble import assemble, doubtful_ids, known_splits
    from lfx.artifacts.parquet import write_predictions
    from lfx.configuration.build import build
    from lfx.data.dataset import Dataset
    from lfx.evaluation.splits import evaluate_splits
    from lfx.evaluation.unpredicted import unpredicted_classes
    from lfx.modalities.checkpoints import load_classifier
    from lfx.modalities.compute import Compute, choose_precision
    from lfx.modalities.prediction import predict as apply
    from lfx.modalities.provenance import decoded_as_in_training
    from lfx.reporting.score_columns import print_scores
    from lfx.runtime.device import resolve_device
    from lfx.runtime.files import write_json

    log = logging.getLogger("lfx.predict")
    dataset: Dataset = build(config.data, "data", Dataset)
    classifier, provenance = load_classifier(Path(config.ckpt))
    cache_dir = dataset.cache
    table = dataset.any(known=classifier.classes)
    table = table.with_classes(classifier.classes)
    table = decoded_as_in_training(table, provenance.background)
    table = replace(table, splits=known_splits(table, provenance))
    for sentence in doubtful_ids(table, provenance):
        log.warning(sentence)
    device = resolve_device(config.device)
    precision = choose_precision(config.precision.name, device)
    rows = list(range(len(table)))
    logits = apply(
        classifier,
        table,
        rows,
        Compute(device, precision, batch_size=config.batch_size),
        run=job.folder,
        cache_dir=cache_dir,
    )
    predictions = assemble(
        table,
        rows,
        logits,
        modality=classifier.modality,
        name=config.name or provenance.name,
        seed=provenance.seed,
        config_hash=provenance.config_hash,
    )
    artifact = job.folder / "predictions.parquet"
    write_predictions(artifact, predictions)
    metrics = evaluate_splits(predictions)
    if metrics:
        write_json(job.folder / "metrics.json", metrics)
        print_scores({predictions.metadata.name: metrics})
    for sentence in unpredicted_classes(predictions):
        log.warning(sentence)
    log.info("%d predictions: %s", len(table), artifact)


def collect(sweep: Path) -> None:
    """Tell what a multirun led to: every job in a table, ranked where there are labels."""
    from lfx.reporting.summary import log_sweep, summarise_sweep

    log_sweep(summarise_sweep(sweep))


def main() -> None:
    """Run the stage from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "predict",
        PredictConfig,
        predict,
        collect=collect,
        prepare=take_further_scores,
    )


if __name__ == "__main__":
    main()
