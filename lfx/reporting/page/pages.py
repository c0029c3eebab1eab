"""Pages of a folder of runs, of a sweep, or of one run."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from lfx.artifacts.parquet import read_metadata
from lfx.reporting.member_files import member_files
from lfx.reporting.page.document import Page
from lfx.reporting.ranking_table import Ranking
from lfx.reporting.run_table import run_table
from lfx.reporting.study_verdict import fusion_verdicts
from lfx.runs.find import collect_runs
from lfx.runtime.errors import ArtifactError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.artifacts.metadata import Metadata
    from lfx.reporting.sweep import Sweep
    from lfx.reporting.table import Table
    from lfx.runs.find import Run

log = logging.getLogger(__name__)


def runs_page(runs: Sequence[Run], table: Table, verdicts: Sequence[str]) -> Page:
    """Return the page of some runs, with the table that is printed of them."""
    data = ", ".join(sorted({run.data for run in runs}))
    return Page(f"Late fusion on {data}", {"runs": table}, runs, verdicts)


def sweep_page(sweep: Sweep) -> Page:
    """Return the page of a multirun: its ranking, the best job first."""
    runs = {run.folder.resolve(): run for run in collect_runs(sweep.folder)}
    ranked = [runs[place] for job in sweep.ranked if (place := job.folder.resolve()) in runs]
    ranking = Ranking.of(sweep)
    caption = f"jobs, ranked by {sweep.objective}"
    title = f"{sweep.stage} sweep {sweep.folder.name}"
    return Page(title, {caption: ranking.table()}, ranked, ranking.verdict())


def run_page(folder: Path) -> Page:
    """Return the page of one run.

    Raises:
        DataError: there is no such run, or its files are damaged.
    """
    runs = [run for run in collect_runs(folder) if run.folder.resolve() == folder.resolve()]
    if not runs:
        raise DataError(f"run={folder} has no metrics.json, so there is nothing to show on a page")
    title = f"{runs[0].stage} {runs[0].name} on {runs[0].data}"
    return Page(title, {"scores": run_table(runs)}, runs, fusion_verdicts(runs))


def with_members(page: Page, folder: Path) -> Page:
    """Add the training runs of the fusions' members that are found below a folder.

    Their learning curves and settings are shown; tables stay as they are.
    """
    known = {run.folder.resolve() for run in page.runs}
    wanted = {
        _identity(metadata)
        for run in page.runs
        if run.stage == "fuse"
        for metadata in _member_metadata(run)
    }
    if not wanted or not folder.is_dir():
        return page
    found = []
    for run in collect_runs(folder):
        if run.stage == "fuse" or run.folder.resolve() in known:
            continue
        try:
            metadata = read_metadata(run.folder / "predictions.parquet")
        except ArtifactError:
            continue
        if _identity(metadata) in wanted:
            found.append(run)
    return replace(page, runs=[*page.runs, *found])


def _identity(metadata: Metadata) -> tuple[str, ...]:
    return metadata.name, metadata.config_hash, metadata.created, str(metadata.seed)


def _member_metadata(run: Run) -> list[Metadata]:
    try:
        return [read_metadata(file) for file in member_files(run.folder).values()]
    except (ArtifactError, DataError) as error:
        log.warning("the members of %s are not shown: %s", run.folder, error)
        return []
