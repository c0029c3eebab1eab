"""`python -m lfx.report`: all runs as one table, a multirun's ranking, or a look at one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import OPEN_DATA, Job, run_stage
from lfx.command.roots.report import ReportConfig

if TYPE_CHECKING:
    from pathlib import Path


def report(config: ReportConfig, job: Job) -> None:
    """Collect the runs; print them, and write them as CSV and Markdown."""
    import logging
    from pathlib import Path

    from lfx.reporting.published import Reference
    from lfx.reporting.reference import compare_with, compared_table
    from lfx.reporting.run_table import run_table
    from lfx.reporting.seed_table import seed_table
    from lfx.reporting.seeds import group_by_seed, seed_rows
    from lfx.reporting.summary import summarise_sweep
    from lfx.reporting.written import written
    from lfx.runs.find import collect_runs, newest_of_each
    from lfx.runtime.build import build
    from lfx.runtime.errors import DataError

    log = logging.getLogger("lfx.report")
    if config.sweep is not None:
        summarise_sweep(Path(config.sweep))
        return
    if config.run is not None:
        _inspect_run(config, Path(config.run))
        return
    runs = collect_runs(Path(config.runs), data=config.data)
    if not runs:
        of_data = "" if config.data is None else f" on data={config.data}"
        raise DataError(
            f"there is no completed run{of_data} below runs={config.runs}; "
            "python -m lfx.train makes one"
        )
    if config.newest:
        newest = newest_of_each(runs)
        if len(newest) < len(runs):
            log.info(
                "older runs of the same kind left out: %d (newest=false shows them)",
                len(runs) - len(newest),
            )
        runs = newest
    if config.reference is not None:
        reference: Reference = build(config.reference, "reference", Reference)
        log.info("published: %s", reference.source)
        table, name = compared_table(compare_with(reference, runs)), "reference"
    elif config.over_seeds:
        table, name = seed_table(seed_rows(group_by_seed(runs))), "seeds"
    else:
        table, name = run_table(runs), "report"
    table.print()
    log.info("%s", written(table.write(job.folder, name)))


def _inspect_run(config: ReportConfig, run: Path) -> None:
    """Print one run's errors, with its data where they are given."""
    from lfx.data.dataset import Dataset
    from lfx.reporting.look import look_at_run
    from lfx.runtime.build import build

    table, name = None, None
    if config.data is not None:
        dataset: Dataset = build(config.data, "data", Dataset)
        table, name = dataset.any(), dataset.name
    look_at_run(run, table, name, against=config.against, shown=config.cases)


def main() -> None:
    """Run the command from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage("report", ReportConfig, report, open_mappings=OPEN_DATA, prepare=take_further_scores)


if __name__ == "__main__":
    main()
