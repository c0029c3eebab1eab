"""`python -m lfx.report`: all runs as one table, a multirun's ranking, or a look at one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.command.entry import Job, run_stage
from lfx.configuration.report import ReportConfig

if TYPE_CHECKING:
    from pathlib import Path


def report(config: ReportConfig, job: Job) -> None:
    """Collect the runs; print them, and write them as CSV and Markdown."""
    import logging
    from pathlib import Path

    from lfx.reporting.reference import compare_with, compared_table
    from lfx.reporting.run_table import run_table
    from lfx.reporting.runs import collect_runs, newest_of_each
    from lfx.reporting.seeds import group_by_seed, seed_rows, seed_table
    from lfx.reporting.summary import summarise_sweep
    from lfx.runtime.errors import DataError

    log = logging.getLogger("lfx.report")
    if config.sweep is not None:
        summarise_sweep(Path(config.sweep))
        return
    if config.run is not None:
        _look(config, Path(config.run))
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
        log.info("published: %s", config.reference.source)
        compared = compare_with(config.reference, runs)
        table = compared_table(compared)
        table.print()
        files = table.write(job.folder, "reference")
    elif config.over_seeds:
        table = seed_table(seed_rows(group_by_seed(runs)))
        table.print()
        files = table.write(job.folder, "seeds")
    else:
        table = run_table(runs)
        table.print()
        files = table.write(job.folder, "report")
    log.info("written: %s", ", ".join(map(str, files)))


def _look(config: ReportConfig, run: Path) -> None:
    """Look at one run, with its data where they are given."""
    from lfx.configuration.build import build
    from lfx.data.dataset import Dataset
    from lfx.reporting.look import look_at_run

    table, name = None, None
    if config.data is not None:
        dataset: Dataset = build(config.data, "data", Dataset)
        table, name = dataset.any(), dataset.name
    look_at_run(run, table, name, against=config.against, shown=config.cases)


def main() -> None:
    """Run the stage from the command line."""
    from lfx.evaluation.further import take_further_scores

    run_stage(
        "report",
        ReportConfig,
        report,
        prepare=take_further_scores,
    )


if __name__ == "__main__":
    main()
