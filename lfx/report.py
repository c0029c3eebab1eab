"""`python -m lfx.report`: all runs as one table, a multirun's ranking, or a look at one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import OPEN_DATA, Job, run_stage
from lfx.command.roots.report import ReportConfig

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytorch_lightning.loggers import Logger

    from lfx.reporting.page.document import Page
    from lfx.reporting.table import Table
    from lfx.runs.find import Run


def report(config: ReportConfig, job: Job) -> None:
    """Report data, a multirun, one run, models that lack columns, or runs; with a page if asked."""
    from pathlib import Path

    from lfx.reporting.page.charts import require_charts
    from lfx.reporting.page.pages import run_page, sweep_page
    from lfx.reporting.summary import send_ranking, summarise_sweep
    from lfx.reporting.tracking.workspace import require_workspaces

    if config.html:
        require_charts()
    if config.wandb is not None:
        require_workspaces()
    if config.data_card:
        _describe_data(config, job)
    elif config.sweep is not None:
        sweep = summarise_sweep(Path(config.sweep))
        send_ranking(_logger(config, job, config.sweep), sweep)
        if config.html:
            _write_page(config, sweep_page(sweep), sweep.folder)
    elif config.run is not None:
        _inspect_run(config, Path(config.run), job)
        if config.html:
            _write_page(config, run_page(Path(config.run)), Path(config.run))
    elif config.missing is not None:
        _report_missing(config, job)
    else:
        _report_runs(config, job)


def _describe_data(config: ReportConfig, job: Job) -> None:
    """Print and write the card of a data set."""
    import logging

    from lfx.data.dataset import Dataset
    from lfx.reporting.data_card.card import make_card
    from lfx.reporting.data_card.files import report_card
    from lfx.reporting.written import written
    from lfx.runtime.build import build

    dataset: Dataset = build(config.data, "data", Dataset)
    card = make_card(dataset, config.read_as, whole_files=config.whole_files)
    files = report_card(card, job.folder, whole_files=config.whole_files)
    logging.getLogger("lfx.report").info("%s", written(files))


def _report_runs(config: ReportConfig, job: Job) -> None:
    """Collect the runs; print them, and write them as CSV, Markdown, LaTeX and a page."""
    import logging
    from dataclasses import replace
    from pathlib import Path

    from lfx.reporting.estimates import with_intervals
    from lfx.reporting.missing_files import report_curves
    from lfx.reporting.page.pages import runs_page
    from lfx.reporting.study_verdict import fusion_verdicts
    from lfx.reporting.tracking.tables import send_tables
    from lfx.reporting.written import written
    from lfx.runs.find import collect_runs, newest_of_each
    from lfx.runtime.errors import DataError

    log = logging.getLogger("lfx.report")
    data = _data_name(config)
    runs = collect_runs(Path(config.runs), data=data)
    if not runs and config.wandb is not None:
        _make_dashboards(config.wandb, [], [], job.folder)
        return
    if not runs:
        of_data = "" if data is None else f" on data={data}"
        raise DataError(
            f"there is no completed run{of_data} below runs={config.runs}; "
            "python -m lfx.train makes one"
        )
    newest = newest_of_each(runs) if config.newest else runs
    if len(newest) < len(runs):
        log.info(
            "older runs of the same kind left out: %d (newest=false shows them)",
            len(runs) - len(newest),
        )
    newest = with_intervals(newest)
    table, name = _table(config, newest)
    verdicts = fusion_verdicts(newest)
    with_verdicts = replace(table, notes=[*table.notes, *verdicts])
    with_verdicts.print()
    files = with_verdicts.write(job.folder, name)
    if config.levels:
        files += report_curves(Path(config.runs), newest, job.folder)
    log.info("%s", written(files))
    send_tables(_logger(config, job, config.runs), {name: table}, sentences=verdicts)
    if config.wandb is not None:
        _make_dashboards(config.wandb, newest, verdicts, job.folder)
    if config.html:
        _write_page(config, runs_page(newest, table, verdicts), job.folder)


def _make_dashboards(
    place: str, runs: Sequence[Run], verdicts: Sequence[str], folder: Path
) -> None:
    """Save a workspace and a report in a W&B project, or write them as JSON."""
    import logging

    from lfx.reporting.tracking.dashboards import make_dashboards
    from lfx.reporting.written import written

    members = {name for run in runs if run.stage == "fuse" for name in run.model.split(" + ")}
    files = make_dashboards(place, sorted(members), verdicts, folder)
    if files:
        logging.getLogger("lfx.report").info("%s", written(files))


def _table(config: ReportConfig, runs: Sequence[Run]) -> tuple[Table, str]:
    """Return the table that is asked for, and what its files are called."""
    import logging

    from lfx.reporting.published import Reference
    from lfx.reporting.reference import compare_with, compared_table
    from lfx.reporting.run_table import run_table
    from lfx.reporting.seed_table import seed_table
    from lfx.reporting.seeds import group_by_seed, seed_rows
    from lfx.runtime.build import build

    if config.reference is not None:
        reference: Reference = build(config.reference, "reference", Reference)
        logging.getLogger("lfx.report").info("published: %s", reference.source)
        return compared_table(compare_with(reference, runs)), "reference"
    if config.levels:
        from lfx.reporting.levels import levels_table

        return levels_table(runs), "levels"
    if config.over_seeds:
        return seed_table(seed_rows(group_by_seed(runs))), "seeds"
    return run_table(runs), "report"


def _data_name(config: ReportConfig) -> str | None:
    """Return the name of the data set that is asked for; None: all."""
    from lfx.data.dataset import Dataset
    from lfx.runtime.build import build

    if config.data is None or isinstance(config.data, str):
        return config.data
    dataset: Dataset = build(config.data, "data", Dataset)
    return dataset.name


def _write_page(config: ReportConfig, page: Page, folder: Path) -> None:
    """Write a page, with the contents of the data set that is given."""
    import logging
    from dataclasses import replace
    from pathlib import Path

    from lfx.data.dataset import Dataset
    from lfx.reporting.page.document import write_page
    from lfx.reporting.page.pages import with_members
    from lfx.reporting.written import written
    from lfx.runtime.build import build

    if config.data is not None:
        dataset: Dataset = build(config.data, "data", Dataset)
        page = replace(page, samples=dataset.any(), data=dataset.name)
    page = with_members(page, Path(config.runs))
    file = write_page(page, folder / "report.html")
    size = file.stat().st_size / 1e6
    logging.getLogger("lfx.report").info("%s (%.1f MB)", written([file]), size)


def _report_missing(config: ReportConfig, job: Job) -> None:
    """Print and draw how models fare when samples lack a column."""
    import logging
    from pathlib import Path

    from lfx.data.dataset import Dataset
    from lfx.reporting.missing import score_without
    from lfx.reporting.missing_files import report_points
    from lfx.reporting.written import written
    from lfx.runs.find import collect_runs, newest_of_each
    from lfx.runtime.build import build
    from lfx.runtime.device import resolve_device
    from lfx.training.compute import Compute, choose_precision

    dataset: Dataset = build(config.data, "data", Dataset)
    device = resolve_device("auto")
    compute = Compute(device, choose_precision("auto", device), batch_size=64)
    runs = newest_of_each(collect_runs(Path(config.runs), data=dataset.name))
    split, points = score_without(
        runs, dataset, config.missing or [], compute, job.folder, trusted=config.trust
    )
    files = report_points(split, points, runs, job.folder)
    logging.getLogger("lfx.report").info("%s", written(files))


def _logger(config: ReportConfig, job: Job, reported: str) -> Logger | None:
    """Build the logger of a report; None: it has none."""
    from lfx.runtime.build import build
    from lfx.runtime.plain import plain
    from lfx.training.loggers import LoggedRun, Logging

    logging: Logging = build(config.logger, "logger", Logging)
    title = f"report {reported}"
    return logging.build(LoggedRun("report", "report", job.folder, title, job.sweep, plain(config)))


def _inspect_run(config: ReportConfig, run: Path, job: Job) -> None:
    """Print one run's errors, with its data where they are given."""
    from lfx.data.dataset import Dataset
    from lfx.reporting.look import look_at_run
    from lfx.reporting.tracking.tables import send_tables
    from lfx.runtime.build import build

    table, name = None, None
    if config.data is not None:
        dataset: Dataset = build(config.data, "data", Dataset)
        table, name = dataset.any(), dataset.name
    logger = _logger(config, job, str(run))
    look_at_run(run, table, name, against=config.against, shown=config.cases, logger=logger)
    send_tables(logger, {})


def main() -> None:
    """Run the command from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "report",
        ReportConfig,
        report,
        open_mappings=(*OPEN_DATA, "read_as"),
        prepare=take_further_scores,
    )


if __name__ == "__main__":
    main()
