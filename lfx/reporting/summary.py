"""A multirun's end: table, ranking, curve, and one summary run."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

from lfx.configuration.logger import LoggerKind
from lfx.reporting.loggers import build_logger, log_picture, log_table
from lfx.reporting.ranking import print_ranking, titles, write_ranking
from lfx.reporting.sweep import Sweep, read_sweep, write_sweep
from lfx.reporting.sweep_curve import draw_sweep
from lfx.reporting.table import SCORES

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)


def summarise_sweep(folder: Path) -> tuple[Sweep, list[Path]]:
    """Read a multirun's jobs; write table, ranking and curve into its directory; print the ranking.

    Doing it again gives the same files.

    Args:
        folder: the multirun's directory.

    Returns:
        The jobs, and the files that were written.

    Raises:
        DataError: there is no job in it.
    """
    sweep = read_sweep(folder)
    written = [*write_sweep(sweep), write_ranking(sweep), draw_sweep(sweep)]
    print_ranking(sweep)
    return sweep, [file for file in written if file is not None]


def log_sweep(sweep: Sweep, stage: str) -> None:
    """Send one summary run, with the table and the curve, where the jobs have sent theirs.

    Nothing happens unless the jobs' logger shows tables: W&B. A sweep has one such run, however
    often it is carried on.
    """
    settings: dict[str, Any] = sweep.settings.get("logger") or {}
    if settings.get("kind") != LoggerKind.wandb.name:
        return
    logger = build_logger(
        settings,
        stage=f"{stage} sweep",
        name="summary",
        folder=sweep.folder,
        overrides=(),
        sweep=sweep.folder,
        run_id=hashlib.sha256(str(sweep.folder.resolve()).encode()).hexdigest()[:16],
    )
    if logger is None:
        return
    ranked = sweep.ranked
    columns = ["name"] + [f"{split}/{score}" for split in ("val", "test") for score in SCORES]
    rows = [
        [title, *(job.score(column) for column in columns[1:])]
        for title, job in zip(titles(ranked), ranked, strict=True)
    ]
    log_table(logger, "sweep", columns, rows)
    picture = sweep.folder / "sweep.png"
    if picture.is_file():
        log_picture(logger, "curve", picture)
    logger.log_hyperparams({"objective": sweep.objective, "jobs": len(sweep.jobs)})
    if ranked:
        scores = {column: ranked[0].score(column) for column in columns[1:]}
        known = {f"best/{column}": value for column, value in scores.items() if value is not None}
        logger.log_metrics(known)
    logger.finalize("success")
