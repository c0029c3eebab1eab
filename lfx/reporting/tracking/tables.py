"""Tables, sentences and pictures of a comparison or a report, in a W&B run of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.training.logged import close, log_picture, log_summary, log_table
from lfx.training.wandb_artifacts import log_consumed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytorch_lightning.loggers import Logger

    from lfx.reporting.table import Table
    from lfx.training.wandb_artifacts import Produced


def send_tables(
    logger: Logger | None,
    tables: Mapping[str, Table],
    *,
    sentences: Sequence[str] = (),
    pictures: Sequence[Path] = (),
    consumed: Mapping[str, Produced] | None = None,
) -> None:
    """Send what a comparison or a report says to its logger, and close it.

    Args:
        logger: W&B's shows all of it, TensorBoard's the pictures; None: nothing happens.
        tables: name → table.
        sentences: its verdicts.
        pictures: PNG files.
        consumed: member's name → its predictions.
    """
    if logger is None:
        return
    log_consumed(logger, consumed or {})
    for name, table in tables.items():
        titles, rows = table.values()
        if rows:
            log_table(logger, name, titles, rows)
    for file in pictures:
        log_picture(logger, file.stem, file)
    if sentences:
        log_summary(logger, {"verdict": "; ".join(sentences)})
    close(logger)
