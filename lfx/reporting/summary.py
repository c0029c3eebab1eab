"""A multirun's end: table, ranking, curve, and one summary run."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

from lfx.configuration.logger import LoggerKind
from lfx.evaluation.scores import printed
from lfx.reporting.loggers import build_logger, close, log_picture, log_table
from lfx.reporting.ranking import print_ranking, print_unfinished, titles, write_ranking
from lfx.reporting.runs import collect_runs
from lfx.reporting.seeds import group_by_seed, seed_rows, seed_table
from lfx.reporting.sweep import Sweep, read_sweep, write_sweep
from lfx.reporting.sweep_curve import draw_sweep
from lfx.runtime.escaping import for_line

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)


def summarise_sweep(folder: Path) -> Sweep:
    """Read a multirun's jobs, write what they led to into its directory, and print it.

    Every multirun gets a table of all jobs. One of training gets a row for each kind of run,
    averaged over its seeds: to rank seeds would be to pick the lucky one. Any other gets a ranking
    and, where one number was swept, a curve. Doing it again gives the same files.

    Args:
        folder: the multirun's directory.

    Raises:
        DataError: there is no job in it.
    """
    sweep = read_sweep(folder)
    written: list[Path | None] = [*write_sweep(sweep)]
    if sweep.stage == "train":
        runs = collect_runs(folder)
        if len(runs) > 1:
            table = seed_table(seed_rows(group_by_seed(runs)))
            table.print()
            written += table.write(folder, "seeds")
    else:
        written += [write_ranking(sweep), draw_sweep(sweep)]
        print_ranking(sweep)
    print_unfinished(sweep)
    # The last job's log is closed.
    shown = ", ".join(str(file) for file in written if file is not None)
    print(f"written: {for_line(shown)}")  # noqa: T201
    return sweep


def log_sweep(sweep: Sweep) -> None:
    """Send one summary run, with the table and the curve, where the jobs have sent theirs.

    Nothing happens unless the jobs' logger shows tables: W&B. A sweep has one such run, however
    often it is carried on.
    """
    settings: dict[str, Any] = sweep.settings.get("logger") or {}
    if settings.get("kind") != LoggerKind.wandb.name:
        return
    logger = build_logger(
        settings,
        stage=f"{sweep.stage} sweep",
        name="summary",
        folder=sweep.folder,
        overrides=(),
        sweep=sweep.folder,
        run_id=hashlib.sha256(str(sweep.folder.resolve()).encode()).hexdigest()[:16],
    )
    if logger is None:
        return
    ranked = sweep.ranked
    columns = ["name"] + [f"{split}/{score}" for split in ("val", "test") for score in printed()]
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
    close(logger)
