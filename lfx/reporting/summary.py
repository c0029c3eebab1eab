"""Summarise a multirun: table, ranking, curve, and one summary run."""

from __future__ import annotations

import logging
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from lfx.evaluation.reported import TEST, reported_split
from lfx.evaluation.scores import printed
from lfx.reporting.incomplete import score_lines
from lfx.reporting.ranking import print_ranking, print_unfinished, write_ranking
from lfx.reporting.ranking_table import Ranking, titles
from lfx.reporting.score_columns import score_cells
from lfx.reporting.seed_table import seed_table
from lfx.reporting.seeds import group_by_seed, seed_rows
from lfx.reporting.sweep import Sweep, read_sweep
from lfx.reporting.sweep_curve import draw_sweep, sweep_lines
from lfx.reporting.sweep_files import write_sweep
from lfx.reporting.tracking.tables import send_tables
from lfx.reporting.written import written
from lfx.runs.find import collect_runs
from lfx.runtime.convert import TARGET
from lfx.runtime.figures import figures_as, figures_or, picture_files
from lfx.runtime.imports import dotted_path
from lfx.training.logged import close, log_lines, log_picture, log_summary, log_table, shows_tables
from lfx.training.loggers import LoggedRun, WandbLogging

if TYPE_CHECKING:
    from pathlib import Path

    from pytorch_lightning.loggers import Logger

    from lfx.reporting.estimates import Estimate

log = logging.getLogger(__name__)


def summarise_sweep(folder: Path) -> Sweep:
    """Read a multirun's jobs, write their summary into its directory, and print it.

    Every multirun gets a table of all jobs. A multirun of training also gets a row for each kind of
    run, averaged over seeds: ranking seeds would select a lucky one. All others get a ranking and,
    if one number was swept, a curve. A second call writes the same files.

    Args:
        folder: the multirun's directory.

    Raises:
        DataError: there are no jobs in it.
    """
    sweep = read_sweep(folder)
    files: list[Path | None] = [*write_sweep(sweep)]
    if sweep.stage == "train":
        runs = collect_runs(folder)
        if len(runs) > 1:
            table = seed_table(seed_rows(group_by_seed(runs)))
            table.print()
            files += table.write(folder, "seeds")
    else:
        ranking = Ranking.of(sweep)
        with figures_as(figures_or(sweep.settings)):
            picture = draw_sweep(sweep)
        files += [write_ranking(ranking), *([] if picture is None else picture_files(picture))]
        print_ranking(ranking)
    print_unfinished(sweep)
    # Printed, because the last job's log is closed.
    print(written([file for file in files if file is not None]))  # noqa: T201
    return sweep


def send_ranking(logger: Logger | None, sweep: Sweep) -> None:
    """Send a multirun's ranking and verdict to a logger that shows tables, and close it."""
    if not shows_tables(logger):
        return
    ranking = Ranking.of(sweep)
    send_tables(logger, {"sweep": ranking.table()}, sentences=ranking.verdict())


def log_sweep(sweep: Sweep) -> None:
    """Log one summary run, with the table and the curve, to the jobs' logger.

    Only W&B shows tables; with other loggers nothing is logged. A resumed sweep goes on with the
    same summary run.
    """
    section: dict[str, Any] = sweep.settings.get("logger") or {}
    if section.get(TARGET) != dotted_path(WandbLogging):
        return  # the file's word imports no other class
    names = {one.name for one in fields(WandbLogging)}
    settings = WandbLogging(**{key: value for key, value in section.items() if key in names})
    logger = settings.build(
        LoggedRun(
            f"{sweep.stage} sweep",
            "summary",
            sweep.folder,
            sweep=sweep.folder,
            resumed=True,
        )
    )
    ranked = sweep.ranked
    reported = reported_split({split for job in ranked for split in job.metrics}) or TEST
    scores = [*(["support"] if sweep.lacks_samples else []), *printed()]
    splits = list(dict.fromkeys(("val", reported)))
    columns = ["name"] + [f"{split}/{score}" for split in splits for score in scores]
    rows: list[list[Any]] = [
        [title + suffix, *map(_value, score_cells(line, splits, scores, counted=False))]
        for title, job in zip(titles(ranked), ranked, strict=True)
        for suffix, line in score_lines(job.metrics).items()
    ]
    log_table(logger, "sweep", columns, rows)
    log_summary(logger, {"verdict": "; ".join(Ranking.of(sweep).verdict()) or None})
    key, lines = sweep_lines(sweep)
    shown = {line.name: (line.positions, line.heights) for line in lines}
    log_lines(logger, "sweep_curve", (key, sweep.objective), shown)
    picture = sweep.folder / "sweep.png"
    if picture.is_file():
        log_picture(logger, "curve", picture)
    logger.log_hyperparams({"objective": sweep.objective, "jobs": len(sweep.jobs)})
    if ranked:
        best = zip(columns, rows[0], strict=True)
        logger.log_metrics(
            {f"best/{key}": value for key, value in best if key != "name" and value is not None}
        )
    close(logger)


def _value(score: Estimate | None) -> float | None:
    return None if score is None else score.value
