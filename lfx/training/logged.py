"""What runs send to their loggers: settings, scores, pictures, tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lfx.runtime.escaping import for_line, for_terminal

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


def shows_tables(logger: Logger | None) -> bool:
    """Return whether a logger shows tables, charts and sentences: only W&B's does."""
    if logger is None:
        return False
    from pytorch_lightning.loggers import WandbLogger

    return isinstance(logger, WandbLogger)


def wandb_run(logger: Any) -> Any:
    """Return the run of a W&B logger, which begins with the first use."""
    return logger.experiment


def log_table(
    logger: Logger | None, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Send a table to W&B; other loggers show none, and get nothing.

    Args:
        logger: None: nothing happens.
        name: what it is called there.
        columns: its titles.
        rows: numbers, texts, W&B's media, and None for an empty cell. A column with numbers and
            texts becomes one of texts, because W&B wants one kind.
    """
    if not shows_tables(logger):
        return
    import wandb

    columns_of_cells = [_one_kind([row[index] for row in rows]) for index in range(len(columns))]
    cells = [list(row) for row in zip(*columns_of_cells, strict=True)]
    table = wandb.Table(columns=[for_line(title) for title in columns], data=cells)
    wandb_run(logger).log({name: table})


def log_summary(logger: Logger | None, values: Mapping[str, float | str | None]) -> None:
    """Send numbers and sentences that W&B shows beside a run; other loggers get nothing."""
    if shows_tables(logger):
        shown = {key: _cell(value) for key, value in values.items() if value is not None}
        wandb_run(logger).summary.update(shown)


def log_lines(
    logger: Logger | None,
    name: str,
    axes: tuple[str, str],
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
) -> None:
    """Send a chart of lines to W&B; other loggers get nothing.

    Args:
        logger: None: nothing happens.
        name: what it is called there.
        axes: titles of the axes.
        lines: title → positions and heights.
    """
    if not shows_tables(logger) or not lines:
        return
    import wandb

    positions, heights = zip(*lines.values(), strict=True)
    chart = wandb.plot.line_series(
        [list(line) for line in positions],
        [list(line) for line in heights],
        keys=[for_line(title) for title in lines],
        title=for_line(axes[1]),
        xname=for_line(axes[0]),
    )
    wandb_run(logger).log({name: chart})


def log_confusion(
    logger: Logger | None, name: str, classes: Sequence[str], counts: Sequence[Sequence[int]]
) -> None:
    """Send a confusion matrix to W&B as a chart of its own kind; other loggers get nothing.

    Args:
        logger: None: nothing happens.
        name: what it is called there.
        classes: names of the classes.
        counts: (classes, classes) numbers of samples, by label and prediction.
    """
    if not shows_tables(logger):
        return
    import wandb

    titles: list[str | int] = ["Actual", "Predicted", "nPredictions"]
    names = [for_line(label) for label in classes]
    cells = [
        [actual, predicted, int(count)]
        for actual, row in zip(names, counts, strict=True)
        for predicted, count in zip(names, row, strict=True)
    ]
    table = wandb.Table(columns=titles, data=cells)
    fields = {str(title): title for title in titles}
    spec = "wandb/confusion_matrix/v1"
    wandb_run(logger).log({name: wandb.plot_table(spec, table, fields, {"title": name})})


def _run(logger: Any) -> Any:
    """Return the run of a W&B logger, which begins with the first use."""
    return logger.experiment


def _cell(value: Any) -> Any:
    return for_terminal(value) if isinstance(value, str) else value


def _one_kind(cells: Sequence[Any]) -> list[Any]:
    kinds = {isinstance(cell, str) for cell in cells if cell is not None}
    mixed = len(kinds) > 1
    return [None if cell is None else _cell(str(cell) if mixed else cell) for cell in cells]


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
