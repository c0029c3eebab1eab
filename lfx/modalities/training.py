"""Fit a classifier with Lightning, and let it predict."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint, RichProgressBar
from torch.utils.data import DataLoader

from lfx.data.batches import UNLABELLED, Batches, EpochBatches
from lfx.modalities.checkpoints import BEST, FOLDER, LAST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytorch_lightning.loggers import Logger

    from lfx.data.samples import SampleTable
    from lfx.modalities.classifier import Batch, Classifier

log = logging.getLogger(__name__)

_MOST_WORKERS = 4


@dataclass(frozen=True)
class Compute:
    """On what, in which number format and in which portions a model runs.

    Attributes:
        device: where it runs.
        precision: `fp32` or `bf16`.
        batch_size: samples per step.
        workers: processes that prepare batches; None: none on a CPU, a few beside a GPU.
    """

    device: torch.device
    precision: str
    batch_size: int
    workers: int | None = None


@dataclass(frozen=True)
class Training:
    """When training ends, and how it is watched.

    Attributes:
        max_epochs: most epochs.
        patience: epochs without a better validation loss before training stops.
        min_delta: by how much the loss must fall to count as better.
        clip_norm: largest norm of the gradient; None: no clipping.
        progress: whether a progress bar is drawn in a terminal.
    """

    max_epochs: int
    patience: int
    min_delta: float
    clip_norm: float | None = None
    progress: bool = True


def choose_precision(wanted: str, device: torch.device) -> str:
    """Turn `auto` into `bf16` where the hardware multiplies it, else `fp32`."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu":
        able = torch.cpu.get_capabilities()
        fast = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    else:
        fast = False
    return "bf16" if fast else "fp32"


def fit(  # noqa: PLR0913, all but the first four are keywords
    classifier: Classifier,
    table: SampleTable,
    training: Training,
    compute: Compute,
    *,
    run: Path,
    cache_dir: Path,
    augmentation: Mapping[str, Any] | None,
    logger: Logger | None,
    resume: Path | None = None,
) -> Path:
    """Train on the train split until the validation loss no longer falls.

    Args:
        classifier: what is trained, in place.
        table: the samples, with the splits train and val.
        training: when it ends.
        compute: on what it runs.
        run: the run's folder; checkpoints go below it.
        cache_dir: where decoded data are kept.
        augmentation: random changes of training samples; None: none.
        logger: where metrics go.
        resume: a `last.ckpt` to carry on from.

    Returns:
        The checkpoint with the least validation loss.
    """
    train, val = table.rows("train"), table.rows("val")
    stopping = _Stopping("val/loss", min_delta=training.min_delta, patience=training.patience)
    best = _checkpoint(run / FOLDER, BEST, monitor="val/loss", save_weights_only=True)
    last = _checkpoint(run / FOLDER, LAST, monitor=None)
    # `last` comes after `best`, so that it knows the newest best score.
    callbacks: list[pl.Callback] = [stopping, _EpochLog(len(train)), best, last]
    if training.progress and sys.stdout.isatty():
        callbacks.insert(0, RichProgressBar(leave=False))
    trainer = _trainer(
        compute,
        run,
        logger=logger or False,
        callbacks=callbacks,
        max_epochs=training.max_epochs,
        gradient_clip_val=training.clip_norm,
        log_every_n_steps=10,
    )
    classifier.train()  # pretrained encoders come in evaluation mode, and Lightning would keep it
    _quietly(
        trainer.fit,
        classifier,
        _loader(classifier, table, train, compute, cache_dir, augmentation, shuffle=True),
        _loader(classifier, table, val, compute, cache_dir),
        ckpt_path=resume,
    )
    score = best.best_model_score
    log.info("least validation loss %.4f", float("nan") if score is None else float(score))
    return Path(best.best_model_path)


def predict(
    classifier: Classifier,
    table: SampleTable,
    rows: Sequence[int],
    compute: Compute,
    *,
    run: Path,
    cache_dir: Path,
) -> npt.NDArray[np.float32]:
    """Give logits (rows, classes) of some rows of the table, in their order."""
    loader = _loader(classifier, table, rows, compute, cache_dir)
    trainer = _trainer(compute, run, logger=False, callbacks=[])
    classifier.eval()
    outputs = _quietly(trainer.predict, classifier, loader)
    logits = np.empty((len(rows), len(classifier.classes)), dtype=np.float32)
    for positions, batch in outputs:
        logits[positions.cpu().numpy()] = batch.float().cpu().numpy()
    return logits


class _Stopping(EarlyStopping):
    """Early stopping that a run which is resumed after it had stopped respects."""

    def __init__(self, monitor: str, *, min_delta: float, patience: int) -> None:
        super().__init__(monitor, min_delta=min_delta, patience=patience, mode="min")

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class _EpochLog(pl.Callback):
    """One line an epoch, in the terminal and in the run's log."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.start = 0.0
        self.trained = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.start = time.perf_counter()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.trained = time.perf_counter() - self.start

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        metrics = trainer.callback_metrics
        log.info(
            "epoch %d/%d: train loss %.4f, val loss %.4f, val accuracy %.4f (%.1f s, %.0f/s)",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            metrics["train/loss"],
            metrics["val/loss"],
            metrics["val/accuracy"],
            time.perf_counter() - self.start,
            self.samples / self.trained,
        )


def _checkpoint(
    folder: Path, file: str, *, monitor: str | None, save_weights_only: bool = False
) -> ModelCheckpoint:
    return ModelCheckpoint(
        dirpath=folder,
        filename=Path(file).stem,
        monitor=monitor,
        mode="min",
        save_weights_only=save_weights_only,
        save_on_train_epoch_end=True,
        auto_insert_metric_name=False,
        enable_version_counter=False,
    )


def _trainer(
    compute: Compute,
    run: Path,
    *,
    logger: Logger | bool,
    callbacks: list[pl.Callback],
    **options: Any,
) -> pl.Trainer:
    device = compute.device
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    return pl.Trainer(
        accelerator="gpu" if device.type == "cuda" else device.type,
        devices=[device.index or 0] if device.type == "cuda" else 1,
        precision="bf16-mixed" if compute.precision == "bf16" else "32-true",
        # Some CUDA kernels have no deterministic form; a warning is better than no training.
        deterministic=True if device.type == "cpu" else "warn",
        logger=logger,
        callbacks=callbacks,
        default_root_dir=run,
        enable_checkpointing=any(isinstance(one, ModelCheckpoint) for one in callbacks),
        enable_progress_bar=any(isinstance(one, RichProgressBar) for one in callbacks),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **options,
    )


def _loader(
    classifier: Classifier,
    table: SampleTable,
    rows: Sequence[int],
    compute: Compute,
    cache_dir: Path,
    augmentation: Mapping[str, Any] | None = None,
    *,
    shuffle: bool = False,
) -> DataLoader[Batch]:
    inputs = classifier.inputs(table, rows, cache_dir, augmentation)
    labels = [table.labels[row] for row in rows]
    workers = compute.workers
    if workers is None:
        workers = 0 if compute.device.type == "cpu" else min(_MOST_WORKERS, _cpus())
    sampler = EpochBatches(
        compute.batch_size if shuffle else 2 * compute.batch_size,
        inputs.lengths,
        seed=classifier.seed if shuffle else None,
    )
    return DataLoader(
        Batches([UNLABELLED if label is None else label for label in labels], inputs.read),
        sampler=sampler,
        batch_size=None,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=compute.device.type == "cuda",
    )


def _cpus() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quietly(call: Any, *args: Any, **options: Any) -> Any:
    """Call Lightning without its advice, which a deliberate choice here answers."""
    with warnings.catch_warnings():
        for advice in (
            ".*does not have many workers.*",
            ".*LeafSpec.*",
            ".*Experiment logs directory .* exists and is not empty.*",
            ".*Checkpoint directory .* exists and is not empty.*",
            ".*number of training batches .* is smaller than the logging interval.*",
            ".*GPU available but not used.*",
            ".*in eval mode at the start of training.*",  # what is frozen, on purpose
        ):
            warnings.filterwarnings("ignore", message=advice)
        return call(*args, **options)
