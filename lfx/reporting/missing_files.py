"""What reports leave of scores on samples that lack content."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lfx.reporting.missing_curve import SCORES, Curves, curve_table, lines_drawn, write_curves
from lfx.reporting.missing_points import find_points, read_points, write_points
from lfx.runtime.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.reporting.missing_points import Point
    from lfx.runs.find import Run

log = logging.getLogger(__name__)


def report_points(
    split: str, points: Sequence[Point], runs: Sequence[Run], folder: Path
) -> list[Path]:
    """Print the accuracies of one seed; write its points, tables and picture.

    Args:
        split: whose samples were scored.
        points: of the models.
        runs: of the models.
        folder: where files go.

    Returns:
        The paths of the files.
    """
    curves = Curves.of([(split, points)])
    curve_table(curves, SCORES[0]).print()
    return [write_points(folder, split, points), *write_curves(curves, lines_drawn(runs), folder)]


def report_curves(runs_folder: Path, runs: Sequence[Run], folder: Path) -> list[Path]:
    """Print and write the curves over all seeds whose points lie below a folder.

    Args:
        runs_folder: where reports with `missing=` have left their points.
        runs: of the models.
        folder: where files go.

    Returns:
        The paths of the files; none where there are no points.
    """
    seeds = []
    for file in find_points(runs_folder):
        try:
            seeds.append(read_points(file))
        except RecordError as error:
            log.warning("%s cannot be read and is left out: %s", file, error)
    if not any(points for _, points in seeds):
        return []
    curves = Curves.of([(split, points) for split, points in seeds if points])
    curve_table(curves, SCORES[0]).print()
    return write_curves(curves, lines_drawn(runs), folder)
