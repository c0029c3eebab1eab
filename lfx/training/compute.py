"""On what a model runs, and the Lightning trainer that runs it there."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from pytorch_lightning.loggers import Logger


@dataclass(frozen=True)
class Compute:
    """On what, in which number format and in which portions a model runs.

    Attributes:
        device: where it runs.
        precision: `fp32` or `bf16`.
        batch_size: samples per step.
        workers: processes that prepare batches; None: none on a CPU, a few beside a GPU.
        most_steps: in an epoch; None: as many as there are batches.
    """

    device: torch.device
    precision: str
    batch_size: int
    workers: int | None = None
    most_steps: int | None = None


def choose_precision(wanted: str, device: torch.device) -> str:
    """Return the number format: `auto` is `bf16` where the hardware multiplies it, else `fp32`."""
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


def make_trainer(
    compute: Compute,
    run: Path,
    *,
    logger: Logger | bool,
    callbacks: list[pl.Callback],
    **options: Any,
) -> pl.Trainer:
    """Make a trainer for one pass or one phase; a second `fit` of one would do nothing.

    Args:
        compute: on what it runs.
        run: the run's folder.
        logger: where metrics go.
        callbacks: what it tells of its progress.
        options: arguments of Lightning's trainer.
    """
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
        enable_checkpointing=any(isinstance(one, Checkpoint) for one in callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **options,
    )


def quietly(call: Any, *args: Any, **options: Any) -> Any:
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
