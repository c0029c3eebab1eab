"""Where metrics go while a run lasts: CSV, Weights & Biases, TensorBoard, or nowhere."""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from lfx.runtime.errors import ConfigError
from lfx.runtime.versions import how_to_install

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from pathlib import Path

    from pytorch_lightning.loggers import Logger


def build_logger(
    settings: Mapping[str, Any],
    *,
    stage: str,
    name: str,
    folder: Path,
    overrides: Sequence[str],
    sweep: Path | None,
    run_id: str | None = None,
) -> Logger | None:
    """Build one run's logger.

    Args:
        settings: the config of the group `logger`, in plain values.
        stage: `train`, `fuse`, …
        name: the run's name.
        folder: the run's folder.
        overrides: what the command line set.
        sweep: the multirun's folder, which groups its runs; None in a single run.
        run_id: makes W&B write again into the run of this id, where there is one.

    Returns:
        A Lightning logger; None for the kind `none`.

    Raises:
        ConfigError: the kind needs a package that is not installed.
    """
    kind = settings["kind"]
    if kind == "none":
        return None
    if kind == "tensorboard" and find_spec("tensorboard") is None:
        raise ConfigError(
            f"logger=tensorboard needs the package tensorboard: {how_to_install('tensorboard')}"
        )
    if kind == "wandb":
        title = " ".join(overrides) if overrides else name
        return _wandb(settings, stage=stage, title=title, folder=folder, sweep=sweep, run_id=run_id)
    from pytorch_lightning import loggers

    if kind == "tensorboard":
        return loggers.TensorBoardLogger(folder, name="", version="tensorboard")
    return loggers.CSVLogger(folder, name="", version="csv", flush_logs_every_n_steps=1000)


def log_result(
    logger: Logger | None, settings: Mapping[str, Any], metrics: Mapping[str, Any]
) -> None:
    """Send a run's settings and final metrics, and close the logger.

    Args:
        logger: None: nothing happens.
        settings: the run's config in plain values.
        metrics: the content of `metrics.json`.
    """
    if logger is None:
        return
    logger.log_hyperparams(dict(settings))
    logger.log_metrics(flat_scores(metrics))
    close(logger)


def close(logger: Logger) -> None:
    """End a run; the next one of this process would log into W&B's otherwise."""
    from pytorch_lightning.loggers import WandbLogger

    logger.finalize("success")
    if isinstance(logger, WandbLogger):
        logger.experiment.finish()


def log_picture(logger: Logger | None, name: str, file: Path) -> None:
    """Send a picture to a logger that shows pictures; the others, and None, get nothing.

    Args:
        logger: W&B's or TensorBoard's.
        name: what it is called there.
        file: a PNG.
    """
    if logger is None:
        return
    from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger

    if isinstance(logger, WandbLogger):
        logger.log_image(name, images=[str(file)])
    elif isinstance(logger, TensorBoardLogger):
        import numpy as np
        from PIL import Image

        with Image.open(file) as image:
            pixels = np.asarray(image.convert("RGB"))
        logger.experiment.add_image(name, pixels, dataformats="HWC")


def log_table(
    logger: Logger | None, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Send a table to W&B; other loggers show none, and get nothing."""
    from pytorch_lightning.loggers import WandbLogger

    if isinstance(logger, WandbLogger):
        logger.log_table(name, columns=list(columns), data=[list(row) for row in rows])


def flat_scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Turn `metrics.json` into `test/f1_macro`, `test/per_class/neutral/recall` and so on."""
    flat: dict[str, float] = {}
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}/{inner}": number for inner, number in flat_scores(value).items()}
        else:
            flat[key] = float(value)
    return flat


def _wandb(
    settings: Mapping[str, Any],
    *,
    stage: str,
    title: str,
    folder: Path,
    sweep: Path | None,
    run_id: str | None,
) -> Logger:
    import wandb
    from pytorch_lightning.loggers import WandbLogger

    mode = settings["mode"]
    if mode == "auto":
        mode = os.environ.get("WANDB_MODE") or ("online" if _has_api_key() else "offline")
    if mode == "offline":
        log.info("W&B is offline; to upload the run later: wandb sync %s/wandb/offline-*", folder)
    group = settings["group"] or (None if sweep is None else f"{sweep.parent.name}/{sweep.name}")
    return WandbLogger(
        project=settings["project"],
        entity=settings["entity"],
        group=group,
        job_type=stage,
        name=title,
        tags=settings["tags"],
        save_dir=folder,
        id=run_id,
        resume=None if run_id is None else "allow",
        # Given to wandb.init: Lightning's own `offline` would set it for all later jobs.
        mode=mode,
        settings=wandb.Settings(console="off", silent=True, x_disable_stats=True),
    )


def _has_api_key() -> bool:
    import wandb

    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlparse(str(wandb.setup().settings.base_url)).hostname or ""
    try:
        return netrc.netrc().authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
