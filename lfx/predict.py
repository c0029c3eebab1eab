"""`python -m lfx.predict`: apply a trained model to any data set, labelled or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import OPEN_DATA, Job, run_stage
from lfx.command.roots.predict import PredictConfig

if TYPE_CHECKING:
    from pathlib import Path


def predict(config: PredictConfig, job: Job) -> None:
    """Load a checkpoint, read the data, write the artifact."""
    import logging
    from pathlib import Path

    from lfx.artifacts.parquet import write_predictions
    from lfx.data.dataset import Dataset
    from lfx.evaluation.reported import reported_in_place_of_test
    from lfx.evaluation.splits import evaluate_splits
    from lfx.reporting.training import report_predictions
    from lfx.runs.apply import apply_checkpoint
    from lfx.runs.checkpoints import read_checkpoint
    from lfx.runtime.build import build
    from lfx.runtime.device import resolve_device
    from lfx.runtime.files import write_json
    from lfx.training.compute import Compute, choose_precision

    dataset: Dataset = build(config.data, "data", Dataset)
    checkpoint = read_checkpoint(Path(config.ckpt))
    device = resolve_device(config.device)
    precision = choose_precision(config.precision, device)
    predictions = apply_checkpoint(
        checkpoint,
        dataset,
        Compute(device, precision, batch_size=config.batch_size),
        job.folder,
        name=config.name,
        trusted=config.trust,
    )
    write_predictions(job.folder / "predictions.parquet", predictions)
    metrics = evaluate_splits(predictions)
    if metrics:
        write_json(job.folder / "metrics.json", metrics)
    report_predictions(predictions, metrics, job.folder)
    sentence = reported_in_place_of_test(metrics)
    if sentence is not None:
        logging.getLogger("lfx.predict").info("%s", sentence)


def collect(sweep: Path) -> None:
    """Write every job of a multirun into a table, ranked where there are labels."""
    from lfx.reporting.summary import log_sweep, summarise_sweep

    log_sweep(summarise_sweep(sweep))


def main() -> None:
    """Run the stage from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "predict",
        PredictConfig,
        predict,
        open_mappings=OPEN_DATA,
        collect=collect,
        prepare=take_further_scores,
    )


if __name__ == "__main__":
    main()
