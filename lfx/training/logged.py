"""What runs send to their loggers: settings, scores, pictures, tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytorch_lightning.loggers import Logger


def log_result(
    logger: Logger | None, settings: Mapping[str, Any], metrics: Mapping[str, Any]
) -> None:
    """Send a run's settings and final metrics, and close the logger.

    TensorBoard shows both in its HParams, the scores of single classes left out.

    Args:
        logger: None: nothing happens.
        settings: the run's config in plain values.
        metrics: the content of `metrics.json`.
    """
    if logger is None:
        return
    from pytorch_lightning.loggers import TensorBoardLogger

    scores = flat_scores(metrics)
    if isinstance(logger, TensorBoardLogger):
        compared = {key: value for key, value in scores.items() if "/per_class/" not in key}
        logger.log_hyperparams(dict(settings), compared)
        scores = {key: value for key, value in scores.items() if key not in compared}
    else:
        logger.log_hyperparams(dict(settings))
    if scores:
        logger.log_metrics(scores)
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
    """Return `metrics.json` flat: `test/f1_macro`, `test/per_class/neutral/recall` and so on.

    Intervals, which are lists, are left out.
    """
    flat: dict[str, float] = {}
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}/{inner}": number for inner, number in flat_scores(value).items()}
        elif not isinstance(value, list):
            flat[key] = float(value)
    return flat
